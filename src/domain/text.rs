//! Texts of UPI's field table: a type, and a length that counts characters.

use super::rules::FreeText;
use super::violation::Violation;

/// The description of a field that is missing.
pub const REQUIRED: &str = "is required";

/// A type of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// N: digits.
    Digits,
    /// AN: ASCII letters and digits.
    LettersAndDigits,
    /// ANS: printable ASCII, 0x20 to 0x7E.
    PrintableAscii,
    /// S: any Unicode but control characters.
    Unicode,
}

impl Alphabet {
    fn admits(self, character: char) -> bool {
        match self {
            Self::Digits => character.is_ascii_digit(),
            Self::LettersAndDigits => character.is_ascii_alphanumeric(),
            Self::PrintableAscii => matches!(character, ' '..='~'),
            Self::Unicode => !character.is_control(),
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::LettersAndDigits => "ASCII letters or digits",
            Self::PrintableAscii => "printable ASCII characters",
            Self::Unicode => "characters, none of them a control character",
        }
    }
}

impl From<FreeText> for Alphabet {
    fn from(free_text: FreeText) -> Self {
        match free_text {
            FreeText::Ascii => Self::PrintableAscii,
            FreeText::Unicode => Self::Unicode,
        }
    }
}

/// What one text field must be: at least one character, always.
#[derive(Debug, Clone, Copy)]
pub struct TextRule {
    field: &'static str,
    alphabet: Alphabet,
    min: usize,
    max: usize,
}

impl TextRule {
    /// The rule of `field`: `min` to `max` characters of an alphabet.
    #[must_use]
    pub const fn new(field: &'static str, alphabet: Alphabet, min: usize, max: usize) -> Self {
        Self {
            field,
            alphabet,
            min,
            max,
        }
    }

    /// Checks a text.
    ///
    /// # Errors
    /// The rule, named after its field.
    pub fn check(&self, text: &str) -> Result<(), Violation> {
        if text.is_empty() {
            return Err(Violation::new(self.field, REQUIRED));
        }
        let length = text.chars().count();
        let good = (self.min..=self.max).contains(&length)
            && text
                .chars()
                .all(|character| self.alphabet.admits(character));
        if good {
            Ok(())
        } else {
            Err(Violation::new(self.field, self.description()))
        }
    }

    fn description(&self) -> String {
        let Self { min, max, .. } = self;
        let noun = self.alphabet.noun();
        if min == max {
            format!("must be exactly {max} {noun}")
        } else {
            format!("must be {min} to {max} {noun}")
        }
    }
}

/// Checks the texts of one message.
///
/// # Errors
/// Every broken rule, in the order given.
pub fn check_all<const N: usize>(texts: [(TextRule, &str); N]) -> Result<(), Vec<Violation>> {
    let found: Vec<_> = texts
        .into_iter()
        .filter_map(|(rule, text)| rule.check(text).err())
        .collect();
    if found.is_empty() { Ok(()) } else { Err(found) }
}

#[cfg(test)]
mod tests {
    use super::{Alphabet, TextRule};

    fn verdict(alphabet: Alphabet, text: &str) -> Option<String> {
        let rule = TextRule::new("field", alphabet, 2, 4);
        let violation = rule.check(text).err()?;
        assert_eq!(violation.field, "field");
        Some(violation.description.into_owned())
    }

    #[track_caller]
    fn admits(alphabet: Alphabet, texts: &[&str]) {
        for text in texts {
            assert_eq!(verdict(alphabet, text), None, "{text:?}");
        }
    }

    #[track_caller]
    fn refuses(alphabet: Alphabet, description: &str, texts: &[&str]) {
        for text in texts {
            assert_eq!(
                verdict(alphabet, text).as_deref(),
                Some(description),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_missing_text_is_required_whatever_the_type() {
        for alphabet in [
            Alphabet::Digits,
            Alphabet::LettersAndDigits,
            Alphabet::PrintableAscii,
            Alphabet::Unicode,
        ] {
            refuses(alphabet, "is required", &[""]);
        }
    }

    #[test]
    fn n_is_ascii_digits() {
        admits(Alphabet::Digits, &["00", "0123", "9999"]);
        refuses(
            Alphabet::Digits,
            "must be 2 to 4 digits",
            &["0", "01234", "1a", "１２", "-1", "1 2"],
        );
    }

    #[test]
    fn an_is_ascii_letters_and_digits() {
        admits(Alphabet::LettersAndDigits, &["aZ", "a0Z9"]);
        refuses(
            Alphabet::LettersAndDigits,
            "must be 2 to 4 ASCII letters or digits",
            &["a", "abcde", "a_b", "a b", "éé", "ａｂ"],
        );
    }

    #[test]
    fn ans_is_printable_ascii_from_space_to_tilde() {
        admits(Alphabet::PrintableAscii, &["  ", "~~~~", "a/\""]);
        refuses(
            Alphabet::PrintableAscii,
            "must be 2 to 4 printable ASCII characters",
            &["a", "abcde", "a\u{1f}", "a\u{7f}", "a\tb", "é!"],
        );
    }

    #[test]
    fn s_is_unicode_without_control_characters_and_counts_characters() {
        admits(Alphabet::Unicode, &["开户", "𠮷𠮷𠮷𠮷", "é~"]);
        refuses(
            Alphabet::Unicode,
            "must be 2 to 4 characters, none of them a control character",
            &[
                "户",
                "开户开户开",
                "开\n户",
                "开\u{0}",
                "开\u{85}",
                "开\u{7f}",
            ],
        );
    }

    #[test]
    fn one_length_is_called_exact() {
        let rule = TextRule::new("field", Alphabet::Digits, 4, 4);
        assert_eq!(rule.check("6011"), Ok(()));
        let violation = rule.check("601").unwrap_err();
        assert_eq!(violation.description, "must be exactly 4 digits");
    }
}
