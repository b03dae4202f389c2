//! On whose behalf UPI is asked: the member, and perhaps a merchant.

use super::rules::{FreeText, Rules};
use super::text::{Alphabet, TextRule, check_all};
use super::violation::Violation;

/// The merchant as the caller gave it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MerchantDraft {
    /// `merchant.id`.
    pub id: String,
    /// `merchant.name`.
    pub name: String,
    /// `merchant.category_code`.
    pub category_code: String,
}

/// A checked merchant: all three fields go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merchant {
    id: String,
    name: String,
    category_code: String,
}

impl Merchant {
    /// Checks all three; whoever names a merchant names all of it.
    ///
    /// # Errors
    /// Every broken rule, in the order of the fields.
    pub fn parse(draft: MerchantDraft, rules: &Rules) -> Result<Self, Vec<Violation>> {
        check_all([
            (
                TextRule::new("merchant.id", Alphabet::PrintableAscii, 1, 15),
                &draft.id,
            ),
            (
                TextRule::new("merchant.name", rules.free_text.into(), 1, 25),
                &draft.name,
            ),
            (
                TextRule::new("merchant.category_code", Alphabet::Digits, 4, 4),
                &draft.category_code,
            ),
        ])?;
        Ok(Self {
            id: draft.id,
            name: draft.name,
            category_code: draft.category_code,
        })
    }

    /// All three texts, in the order of the fields.
    #[must_use]
    pub fn texts(&self) -> [&str; 3] {
        let Self {
            id,
            name,
            category_code,
        } = self;
        [id, name, category_code]
    }

    /// `merchantID`: 1 to 15 printable ASCII characters.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `merchantName`: 1 to 25 characters.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `mcc`: 4 digits, leading zeros kept.
    #[must_use]
    pub fn category_code(&self) -> &str {
        &self.category_code
    }
}

/// The UPI member, which the configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    iin: String,
    name: String,
}

impl Member {
    /// Checks `member.iin` and `member.name`: the violations bear these names.
    ///
    /// # Errors
    /// Every broken rule, in the order of the fields.
    pub fn parse(iin: &str, name: &str, free_text: FreeText) -> Result<Self, Vec<Violation>> {
        check_all([
            (
                TextRule::new("member.iin", Alphabet::LettersAndDigits, 8, 8),
                iin,
            ),
            (TextRule::new("member.name", free_text.into(), 1, 40), name),
        ])?;
        Ok(Self {
            iin: iin.to_owned(),
            name: name.to_owned(),
        })
    }

    /// `memberIIN`: 8 letters or digits, leading zeros kept.
    #[must_use]
    pub fn iin(&self) -> &str {
        &self.iin
    }

    /// `memberName`: 1 to 40 characters.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::{Member, Merchant, MerchantDraft};
    use crate::domain::rules::{FreeText, Rules};
    use crate::domain::violation::Violation;

    fn shown(found: Vec<Violation>) -> Vec<String> {
        found
            .into_iter()
            .map(|violation| format!("{}: {}", violation.field, violation.description))
            .collect()
    }

    fn merchant(free_text: FreeText, texts: [&str; 3]) -> Vec<String> {
        let [id, name, category_code] = texts.map(str::to_owned);
        let rules = Rules {
            free_text,
            ..Rules::default()
        };
        let draft = MerchantDraft {
            id,
            name,
            category_code,
        };
        shown(Merchant::parse(draft, &rules).err().unwrap_or_default())
    }

    fn member(free_text: FreeText, iin: &str, name: &str) -> Vec<String> {
        shown(
            Member::parse(iin, name, free_text)
                .err()
                .unwrap_or_default(),
        )
    }

    #[test]
    fn a_merchant_has_the_lengths_of_the_table() {
        let (id, name) = ("m".repeat(15), "n".repeat(25));
        assert!(merchant(FreeText::Ascii, ["1", "s", "0763"]).is_empty());
        assert!(merchant(FreeText::Ascii, [&id, &name, "6011"]).is_empty());
        let (id, name) = ("m".repeat(16), "n".repeat(26));
        assert_eq!(
            merchant(FreeText::Ascii, [&id, &name, "60110"]),
            [
                "merchant.id: must be 1 to 15 printable ASCII characters",
                "merchant.name: must be 1 to 25 printable ASCII characters",
                "merchant.category_code: must be exactly 4 digits",
            ]
        );
    }

    #[test]
    fn a_merchant_named_in_part_lacks_the_rest() {
        assert_eq!(
            merchant(FreeText::Ascii, ["1", "", ""]),
            [
                "merchant.name: is required",
                "merchant.category_code: is required"
            ]
        );
    }

    #[test]
    fn only_the_name_of_a_merchant_is_free_text() {
        assert_eq!(
            merchant(FreeText::Unicode, ["商户", "商户", "六〇一一"]),
            [
                "merchant.id: must be 1 to 15 printable ASCII characters",
                "merchant.category_code: must be exactly 4 digits",
            ]
        );
    }

    #[test]
    fn a_member_keeps_the_leading_zeros_of_its_iin() {
        let member = Member::parse("00520446", "Bank", FreeText::Ascii).unwrap();
        assert_eq!((member.iin(), member.name()), ("00520446", "Bank"));
    }

    #[test]
    fn a_member_has_the_lengths_of_the_table() {
        assert!(member(FreeText::Ascii, "ABcd1234", &"b".repeat(40)).is_empty());
        for iin in ["0052044", "005204460", "0052 446"] {
            assert_eq!(
                member(FreeText::Ascii, iin, &"b".repeat(41)),
                [
                    "member.iin: must be exactly 8 ASCII letters or digits",
                    "member.name: must be 1 to 40 printable ASCII characters",
                ]
            );
        }
    }

    #[test]
    fn a_chinese_member_name_needs_the_unicode_setting() {
        assert!(member(FreeText::Unicode, "00520446", "银行").is_empty());
        assert_eq!(member(FreeText::Ascii, "00520446", "银行").len(), 1);
    }
}
