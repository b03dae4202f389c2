//! The idempotency key.

use std::fmt;

use time::{OffsetDateTime, UtcOffset};

use super::text::{Alphabet, TextRule};
use super::violation::Violation;

const LENGTH: usize = 35;
const RANDOM_LENGTH: usize = 21;
const RANDOM_ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// 35 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrderId(Box<str>);

impl OrderId {
    /// Checks the text of field `order_id`.
    ///
    /// # Errors
    /// The rule it breaks.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        TextRule::new("order_id", Alphabet::PrintableAscii, LENGTH, LENGTH).check(text)?;
        Ok(Self(text.into()))
    }

    /// 14 digits of UTC time (`yyyyMMddHHmmss`) and 21 characters of `[0-9A-Z]` from the
    /// operating system's CSPRNG.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    pub fn mint(now: OffsetDateTime) -> Result<Self, getrandom::Error> {
        let utc = now.checked_to_offset(UtcOffset::UTC).unwrap_or(now);
        let mut id = format!(
            "{:04}{:02}{:02}{:02}{:02}{:02}",
            // Another year than 0 to 9999 would not be four digits.
            utc.year().rem_euclid(10_000),
            u8::from(utc.month()),
            utc.day(),
            utc.hour(),
            utc.minute(),
            utc.second()
        );
        while id.len() < LENGTH {
            let mut random = [0; RANDOM_LENGTH + 3];
            getrandom::fill(&mut random)?;
            id.extend(
                random
                    .into_iter()
                    .filter_map(letter)
                    .take(LENGTH - id.len()),
            );
        }
        Ok(Self(id.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The letter for a random byte. The topmost bytes give none: 256 is no multiple of 36, and
/// folding them in would favour some letters.
fn letter(random: u8) -> Option<char> {
    let (rounds, letter) = (random / 36, random % 36);
    let fair = rounds < u8::MAX / 36;
    let letter = RANDOM_ALPHABET.get(usize::from(letter))?;
    fair.then_some(char::from(*letter))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use time::macros::datetime;

    use super::{OrderId, letter};

    const RULE: &str = "must be exactly 35 printable ASCII characters";

    #[test]
    fn exactly_35_printable_ascii_characters_are_an_order_id() {
        for good in ["A".repeat(35), " ~".repeat(17) + "!"] {
            assert_eq!(OrderId::parse(&good).unwrap().as_str(), good);
        }
        let bad = [
            "A".repeat(34),
            "A".repeat(36),
            "A".repeat(34) + "\u{7f}",
            "A".repeat(34) + "\n",
            "A".repeat(33) + "é",
            "É".repeat(35),
        ];
        for text in bad {
            let violation = OrderId::parse(&text).unwrap_err();
            assert_eq!(violation.field, "order_id");
            assert_eq!(violation.description, RULE, "{text:?}");
        }
    }

    #[test]
    fn a_missing_order_id_is_required() {
        let violation = OrderId::parse("").unwrap_err();
        assert_eq!(violation.description, "is required");
    }

    #[test]
    fn a_minted_id_begins_with_utc_time_and_is_valid() {
        let minted = OrderId::mint(datetime!(2026-01-02 03:04:05 +8)).unwrap();
        let (time, random) = minted.as_str().split_at(14);
        assert_eq!(time, "20260101190405");
        assert_eq!(random.len(), 21);
        assert!(
            random
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        );
        assert_eq!(OrderId::parse(minted.as_str()), Ok(minted));
    }

    #[test]
    fn ids_minted_in_one_second_differ() {
        let now = datetime!(2026-01-02 03:04:05 UTC);
        let minted: HashSet<_> = (0..1000).map(|_| OrderId::mint(now).unwrap()).collect();
        assert_eq!(minted.len(), 1000);
    }

    #[test]
    fn every_letter_comes_from_equally_many_random_bytes() {
        let mut counts = BTreeMap::new();
        for letter in (0..=u8::MAX).filter_map(letter) {
            *counts.entry(letter).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 36);
        assert!(counts.values().all(|count| *count == 7));
    }

    #[test]
    fn even_the_extremes_of_time_are_14_digits() {
        for now in [
            datetime!(9999-12-31 23:59:59 -8),
            datetime!(-9999-01-01 0:00 +8),
        ] {
            let minted = OrderId::mint(now).unwrap();
            let (time, random) = minted.as_str().split_at(14);
            assert!(time.bytes().all(|byte| byte.is_ascii_digit()), "{time}");
            assert_eq!(random.len(), 21);
        }
    }
}
