//! The field table of UPI's page, as checks: presence, type and length of each member.
//!
//! The names are written out here once more on purpose: a misspelt one that both sides
//! shared would never come out.
//!
//! Types: N digits; AN letters and digits; ANS printable ASCII; S any Unicode. Lengths
//! count characters.

use crate::domain::FreeText;

use super::members::Members;
use super::refusal::Refusal;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// N
    Digits,
    /// AN, and the `a` of `serialNm`, which is padded with digits.
    Alphanumeric,
    /// ANS
    Printable,
    /// ANS by the table, Chinese text by practice: a setting decides.
    Free,
    /// S
    Text,
}

#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) member: &'static str,
    alphabet: Alphabet,
    least: usize,
    most: usize,
}

const fn row(member: &'static str, alphabet: Alphabet, least: usize, most: usize) -> Row {
    Row {
        member,
        alphabet,
        least,
        most,
    }
}

pub(super) const MERCHANT: [Row; 3] = [
    row("merchantID", Alphabet::Printable, 1, 15),
    row("merchantName", Alphabet::Free, 1, 25),
    row("mcc", Alphabet::Digits, 4, 4),
];

/// The mandatory members beside `encData`, but for the photo.
pub(super) const OPEN: [Row; 8] = [
    row("memberIIN", Alphabet::Alphanumeric, 8, 8),
    row("memberName", Alphabet::Free, 1, 40),
    row("tradeType", Alphabet::Printable, 6, 6),
    row("orderID", Alphabet::Printable, 35, 35),
    row("scUsageScenarios", Alphabet::Free, 2, 40),
    row("scUsePurpose", Alphabet::Free, 2, 128),
    row("protocolVerNm", Alphabet::Free, 2, 128),
    row("serialNm", Alphabet::Alphanumeric, 14, 64),
];

/// The members inside `encData`.
pub(super) const CUSTOMER_NAME: Row = row("customerNm", Alphabet::Text, 1, 66);
pub(super) const ID_NUMBER: Row = row("certifID", Alphabet::Printable, 1, 20);

impl Row {
    pub(super) fn read<'a>(
        &self,
        members: &'a Members,
        free_text: FreeText,
    ) -> Result<&'a str, Refusal> {
        let text = members.text(self.member)?;
        self.check(text, free_text)?;
        Ok(text)
    }

    fn check(&self, text: &str, free_text: FreeText) -> Result<(), Refusal> {
        let member = self.member;
        let (least, most) = (self.least, self.most);
        if !(least..=most).contains(&text.chars().count()) {
            return Err(Refusal::Length {
                member,
                least,
                most,
            });
        }
        if !text.chars().all(|c| self.alphabet.admits(c, free_text)) {
            let kind = self.alphabet.name(free_text);
            return Err(Refusal::Alphabet { member, kind });
        }
        Ok(())
    }
}

impl Alphabet {
    const fn settled(self, free_text: FreeText) -> Self {
        match (self, free_text) {
            (Self::Free, FreeText::Ascii) => Self::Printable,
            (Self::Free, FreeText::Unicode) => Self::Text,
            (other, _) => other,
        }
    }

    fn admits(self, character: char, free_text: FreeText) -> bool {
        match self.settled(free_text) {
            Self::Digits => character.is_ascii_digit(),
            Self::Alphanumeric => character.is_ascii_alphanumeric(),
            Self::Printable => matches!(character, ' '..='~'),
            // No field has a use for a control character.
            Self::Text | Self::Free => !character.is_control(),
        }
    }

    const fn name(self, free_text: FreeText) -> &'static str {
        match self.settled(free_text) {
            Self::Digits => "digits",
            Self::Alphanumeric => "letters and digits",
            Self::Printable => "printable ASCII",
            Self::Text | Self::Free => "text without control characters",
        }
    }
}
