//! The evidence that the customer agreed.

use super::rules::Rules;
use super::text::{Alphabet, TextRule, check_all};
use super::violation::Violation;

const SERIAL_MIN: usize = 14;

/// The consent as the caller gave it.
#[derive(Debug, Clone, Default)]
pub struct ConsentDraft {
    /// `consent.usage_scenario`.
    pub usage_scenario: String,
    /// `consent.purpose`.
    pub purpose: String,
    /// `consent.agreement_version`.
    pub agreement_version: String,
    /// `consent.agreement_serial`.
    pub agreement_serial: String,
}

/// Checked consent: what the customer agreed to, as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    usage_scenario: String,
    purpose: String,
    agreement_version: String,
    agreement_serial: String,
}

impl Consent {
    /// Checks all four texts. A serial of digits only is padded on the left first.
    ///
    /// # Errors
    /// Every broken rule, in the order of the fields.
    pub fn parse(draft: ConsentDraft, rules: &Rules) -> Result<Self, Vec<Violation>> {
        let free = Alphabet::from(rules.free_text);
        let serial = padded(draft.agreement_serial);
        check_all([
            (
                TextRule::new("consent.usage_scenario", free, 2, 40),
                &draft.usage_scenario,
            ),
            (
                TextRule::new("consent.purpose", free, 2, 128),
                &draft.purpose,
            ),
            (
                TextRule::new("consent.agreement_version", free, 2, 128),
                &draft.agreement_version,
            ),
            (
                TextRule::new(
                    "consent.agreement_serial",
                    Alphabet::LettersAndDigits,
                    SERIAL_MIN,
                    64,
                ),
                &serial,
            ),
        ])?;
        Ok(Self {
            usage_scenario: draft.usage_scenario,
            purpose: draft.purpose,
            agreement_version: draft.agreement_version,
            agreement_serial: serial,
        })
    }

    /// What was recorded once it had been checked, in the order of the fields. Rules may have
    /// changed since; the evidence has not.
    #[must_use]
    pub fn recorded(texts: [String; 4]) -> Self {
        let [usage_scenario, purpose, agreement_version, agreement_serial] = texts;
        Self {
            usage_scenario,
            purpose,
            agreement_version,
            agreement_serial,
        }
    }

    /// All four texts, in the order of the fields.
    #[must_use]
    pub fn texts(&self) -> [&str; 4] {
        let Self {
            usage_scenario,
            purpose,
            agreement_version,
            agreement_serial,
        } = self;
        [usage_scenario, purpose, agreement_version, agreement_serial]
    }

    /// `scUsageScenarios`: 2 to 40 characters.
    #[must_use]
    pub fn usage_scenario(&self) -> &str {
        &self.usage_scenario
    }

    /// `scUsePurpose`: 2 to 128 characters.
    #[must_use]
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    /// `protocolVerNm`: 2 to 128 characters.
    #[must_use]
    pub fn agreement_version(&self) -> &str {
        &self.agreement_version
    }

    /// `serialNm`: 14 to 64 letters and digits, padded.
    #[must_use]
    pub fn agreement_serial(&self) -> &str {
        &self.agreement_serial
    }
}

/// UPI wants short numbers filled up with zeros. An empty serial stays empty, because zeros
/// would make evidence out of nothing.
fn padded(serial: String) -> String {
    let digits_only = serial.bytes().all(|byte| byte.is_ascii_digit());
    if !serial.is_empty() && digits_only && serial.len() < SERIAL_MIN {
        format!("{serial:0>SERIAL_MIN$}")
    } else {
        serial
    }
}

#[cfg(test)]
mod tests {
    use super::{Consent, ConsentDraft};
    use crate::domain::rules::{FreeText, Rules};

    fn draft() -> ConsentDraft {
        ConsentDraft {
            usage_scenario: "account opening".to_owned(),
            purpose: "identity check".to_owned(),
            agreement_version: "terms 1.0".to_owned(),
            agreement_serial: "20260101000001".to_owned(),
        }
    }

    /// Field and description of everything that is wrong with a draft.
    fn wrong(free_text: FreeText, spoil: impl Fn(&mut ConsentDraft)) -> Vec<(String, String)> {
        let rules = Rules {
            free_text,
            ..Rules::default()
        };
        let mut draft = draft();
        spoil(&mut draft);
        let found = Consent::parse(draft, &rules).err().unwrap_or_default();
        found
            .into_iter()
            .map(|violation| {
                (
                    violation.field.to_owned(),
                    violation.description.to_string(),
                )
            })
            .collect()
    }

    fn serial(text: &str) -> Result<String, String> {
        let mut draft = draft();
        text.clone_into(&mut draft.agreement_serial);
        match Consent::parse(draft, &Rules::default()) {
            Ok(consent) => Ok(consent.agreement_serial().to_owned()),
            Err(found) => Err(found[0].description.to_string()),
        }
    }

    /// A way to set one of the free texts.
    type Set = fn(&mut ConsentDraft, String);

    const FREE_TEXTS: [(&str, usize, Set); 3] = [
        ("consent.usage_scenario", 40, |draft, text| {
            draft.usage_scenario = text;
        }),
        ("consent.purpose", 128, |draft, text| draft.purpose = text),
        ("consent.agreement_version", 128, |draft, text| {
            draft.agreement_version = text;
        }),
    ];

    #[test]
    fn free_texts_have_the_lengths_of_the_table() {
        for (field, max, set) in FREE_TEXTS {
            for good in [2, max] {
                let found = wrong(FreeText::Ascii, |draft| set(draft, "a".repeat(good)));
                assert_eq!(found, [], "{good}");
            }
            for bad in [1, max + 1] {
                let found = wrong(FreeText::Ascii, |draft| set(draft, "a".repeat(bad)));
                let rule = format!("must be 2 to {max} printable ASCII characters");
                assert_eq!(found, [(field.to_owned(), rule)], "{bad}");
            }
        }
    }

    #[test]
    fn chinese_free_texts_need_the_unicode_setting() {
        for (field, max, set) in FREE_TEXTS {
            let chinese = |draft: &mut ConsentDraft| set(draft, "户".repeat(max));
            assert_eq!(wrong(FreeText::Unicode, chinese), []);
            let rule = format!("must be 2 to {max} printable ASCII characters");
            assert_eq!(wrong(FreeText::Ascii, chinese), [(field.to_owned(), rule)]);
            let rule = format!("must be 2 to {max} characters, none of them a control character");
            assert_eq!(
                wrong(FreeText::Unicode, |draft| set(draft, "开户\n".to_owned())),
                [(field.to_owned(), rule)]
            );
        }
    }

    #[test]
    fn all_missing_texts_are_named_in_order() {
        let found = wrong(FreeText::Ascii, |draft| *draft = ConsentDraft::default());
        let fields = [
            "consent.usage_scenario",
            "consent.purpose",
            "consent.agreement_version",
            "consent.agreement_serial",
        ];
        let required = fields.map(|field| (field.to_owned(), "is required".to_owned()));
        assert_eq!(found, required);
    }

    #[test]
    fn a_short_serial_of_digits_is_padded_with_zeros() {
        assert_eq!(serial("7"), Ok("00000000000007".to_owned()));
        assert_eq!(serial("1234567890123"), Ok("01234567890123".to_owned()));
        assert_eq!(serial("12345678901234"), Ok("12345678901234".to_owned()));
    }

    #[test]
    fn a_serial_with_letters_is_never_padded() {
        let rule = "must be 14 to 64 ASCII letters or digits";
        assert_eq!(serial("A123456789012"), Err(rule.to_owned()));
        assert_eq!(serial("A1234567890123"), Ok("A1234567890123".to_owned()));
        assert_eq!(serial(&"z".repeat(64)), Ok("z".repeat(64)));
        for bad in ["9".repeat(65), "2026-01-01-0001".to_owned(), "１".repeat(5)] {
            assert_eq!(serial(&bad), Err(rule.to_owned()), "{bad}");
        }
    }

    #[test]
    fn the_serial_stays_ascii_when_free_text_is_unicode() {
        let found = wrong(FreeText::Unicode, |draft| {
            draft.agreement_serial = "协".repeat(14);
        });
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "consent.agreement_serial");
    }
}
