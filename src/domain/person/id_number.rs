//! The customer's identity number, `certifID`.

use time::macros::{date, offset};
use time::{Date, Month, OffsetDateTime};
use unicode_normalization::UnicodeNormalization;

use super::bounded;
use crate::domain::rules::{IdNumberRule, Rules};
use crate::domain::secret::Secret;
use crate::domain::text::{Alphabet, REQUIRED, TextRule};
use crate::domain::violation::Violation;

const FIELD: &str = "customer.id_number";
const MAX: usize = 20;

const FORM: &str = "must be 17 digits and a check character, which is a digit or X";
const REGION: &str = "must begin with the code of a region of China";
const BIRTH_DATE: &str = "must have a birth date from 1850-01-01 to today as its 7th to 14th digit";
const CHECK_CHARACTER: &str = "must end with the check character of its 17 digits";

const FIRST_BIRTH: Date = date!(1850 - 01 - 01);

/// ISO 7064 MOD 11-2, as GB 11643-1999 tabulates it: a weight for each of the 17 digits,
/// and the check character for each remainder.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS: &[u8; 11] = b"10X98765432";

/// A checked number, normalised: NFKC, trimmed, with an upper-case X.
pub struct IdNumber(Secret<String>);

impl IdNumber {
    /// Normalises and checks field `customer.id_number`.
    ///
    /// `now` decides whether a birth date lies in the future (in China's time zone).
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn parse(
        text: &Secret<String>,
        rules: &Rules,
        now: OffsetDateTime,
    ) -> Result<Self, Violation> {
        let characters = text.expose().trim().nfkc().map(upper_x);
        let number = bounded(characters, MAX);
        let text = number.expose();
        match rules.id_number {
            IdNumberRule::Lax => {
                TextRule::new(FIELD, Alphabet::PrintableAscii, 1, MAX).check(text)?;
            }
            IdNumberRule::Resident => check_18(text, has_region, now)?,
            // Permanent-residence cards are built alike, but for the 9 and a nationality
            // where others have the region.
            IdNumberRule::Any18 => {
                check_18(text, |text| text.starts_with('9') || has_region(text), now)?;
            }
        }
        Ok(Self(number))
    }

    /// `certifID`; whoever calls this answers for where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

const fn upper_x(character: char) -> char {
    if character == 'x' { 'X' } else { character }
}

fn check_18(
    number: &str,
    has_good_prefix: impl Fn(&str) -> bool,
    now: OffsetDateTime,
) -> Result<(), Violation> {
    let broken = if number.is_empty() {
        REQUIRED
    } else if !has_form(number) {
        FORM
    } else if !has_good_prefix(number) {
        REGION
    } else if !birth_date(number).is_some_and(|date| (FIRST_BIRTH..=today(now)).contains(&date)) {
        BIRTH_DATE
    } else if check_character(number) != number.bytes().last() {
        CHECK_CHARACTER
    } else {
        return Ok(());
    };
    Err(Violation::new(FIELD, broken))
}

fn has_form(number: &str) -> bool {
    number.len() == 18
        && number.bytes().enumerate().all(|(position, byte)| {
            byte.is_ascii_digit() || (byte == b'X' && position == WEIGHTS.len())
        })
}

/// Provinces by GB/T 2260; 71 is Taiwan, and 81 to 83 are the residence permits for people
/// from Hong Kong, Macao and Taiwan.
fn has_region(number: &str) -> bool {
    matches!(
        number.get(..2).and_then(|prefix| prefix.parse::<u8>().ok()),
        Some(11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
    )
}

/// `None` when there is no such day.
fn birth_date(number: &str) -> Option<Date> {
    let year = number.get(6..10)?.parse().ok()?;
    let month: u8 = number.get(10..12)?.parse().ok()?;
    let day = number.get(12..14)?.parse().ok()?;
    Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()
}

fn today(now: OffsetDateTime) -> Date {
    now.checked_to_offset(offset!(+8)).unwrap_or(now).date()
}

fn check_character(number: &str) -> Option<u8> {
    let digits = number.chars().filter_map(|digit| digit.to_digit(10));
    let sum: u32 = WEIGHTS.iter().zip(digits).map(|(w, digit)| w * digit).sum();
    let remainder = usize::try_from(sum % 11).ok()?;
    CHECK_CHARACTERS.get(remainder).copied()
}

#[cfg(test)]
mod tests;
