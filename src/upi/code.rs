//! What a caller can do about each response code: a table that is data.
//!
//! Only `00` and `E0` are documented for this service. The rest is the list that UPI's APIs
//! seem to share, which is why an operator can override and extend it.

use std::collections::BTreeMap;

use crate::domain::{Category, ResponseCode};

/// The table without overrides (`upi.response_codes`). Codes that are not here are
/// [`Category::Other`].
pub const DEFAULTS: [(Category, &[&str]); 5] = [
    (Category::NotConfirmed, &["05", "70", "71"]),
    (Category::InvalidRequest, &["12", "30"]),
    (Category::DuplicateOrder, &["78", "94"]),
    (
        Category::NotPermitted,
        &["03", "38", "40", "57", "61", "62"],
    ),
    (
        Category::SourceUnavailable,
        &["04", "90", "91", "92", "95", "96", "98"],
    ),
];

/// Response codes and their categories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeTable(BTreeMap<ResponseCode, Category>);

impl CodeTable {
    /// The defaults, with `overrides` laid over them.
    #[must_use]
    pub fn new(overrides: &BTreeMap<ResponseCode, Category>) -> Self {
        let defaults = DEFAULTS.iter().flat_map(|(category, codes)| {
            codes
                .iter()
                .filter_map(|code| Some((ResponseCode::parse(code)?, *category)))
        });
        let overrides = overrides.iter().map(|(code, category)| (*code, *category));
        Self(defaults.chain(overrides).collect())
    }

    /// The category of a code that is not `00`.
    #[must_use]
    pub fn category(&self, code: ResponseCode) -> Category {
        self.0.get(&code).copied().unwrap_or(Category::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> ResponseCode {
        ResponseCode::parse(text).unwrap()
    }

    #[test]
    fn every_code_of_the_list_has_its_category() {
        let table = CodeTable::new(&BTreeMap::new());
        for (text, category) in [
            ("05", Category::NotConfirmed),
            ("70", Category::NotConfirmed),
            ("71", Category::NotConfirmed),
            ("12", Category::InvalidRequest),
            ("30", Category::InvalidRequest),
            ("78", Category::DuplicateOrder),
            ("94", Category::DuplicateOrder),
            ("03", Category::NotPermitted),
            ("38", Category::NotPermitted),
            ("40", Category::NotPermitted),
            ("57", Category::NotPermitted),
            ("61", Category::NotPermitted),
            ("62", Category::NotPermitted),
            ("04", Category::SourceUnavailable),
            ("90", Category::SourceUnavailable),
            ("91", Category::SourceUnavailable),
            ("92", Category::SourceUnavailable),
            ("95", Category::SourceUnavailable),
            ("96", Category::SourceUnavailable),
            ("98", Category::SourceUnavailable),
            ("01", Category::Other),
            ("99", Category::Other),
            ("E0", Category::Other),
            ("Zz", Category::Other),
        ] {
            assert_eq!(table.category(code(text)), category, "{text}");
        }
    }

    #[test]
    fn every_default_is_a_code_and_listed_once() {
        let listed: usize = DEFAULTS.iter().map(|(_, codes)| codes.len()).sum();
        assert_eq!(CodeTable::new(&BTreeMap::new()).0.len(), listed);
    }

    #[test]
    fn overrides_win_over_the_defaults_and_extend_them() {
        let table = CodeTable::new(&BTreeMap::from([
            (code("70"), Category::SourceUnavailable),
            (code("X1"), Category::NotPermitted),
        ]));
        assert_eq!(table.category(code("70")), Category::SourceUnavailable);
        assert_eq!(table.category(code("X1")), Category::NotPermitted);
        assert_eq!(table.category(code("71")), Category::NotConfirmed);
    }
}
