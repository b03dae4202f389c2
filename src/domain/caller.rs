//! Who asks: the name that the operator gave, and what the other end of a connection proved.

use std::fmt;
use std::sync::Arc;

/// The longest name, in characters.
const LONGEST: usize = 64;

/// The longest subject of a token (OpenID Connect Core, section 2), in characters.
const LONGEST_SUBJECT: usize = 255;

/// What those are called who are nobody in particular. No caller may have this name.
pub const ANONYMOUS: &str = "anonymous";

/// The name that an operator gave a caller: 1 to 64 letters, digits and `_.-`. It stands in logs,
/// metrics and the ledger; the order ids of one are nobody else's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallerName(Arc<str>);

impl CallerName {
    /// `None` for what is no such name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let admitted = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let fits = (1..=LONGEST).contains(&text.len()) && text != ANONYMOUS;
        (fits && text.bytes().all(admitted)).then(|| Self(text.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, shared.
    #[must_use]
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl fmt::Display for CallerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the other end of a connection proved to be: texts such as `spiffe://bank.example/loans` or
/// `dns:loans.bank.example`, as rules write them. Empty when it proved nothing. Most have one; a
/// certificate may be for several host names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity(Vec<String>);

impl Identity {
    /// With these texts.
    #[must_use]
    pub const fn new(texts: Vec<String>) -> Self {
        Self(texts)
    }

    /// Whether nothing was proven.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// The texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// The identity of whom a token is about: `jwt:` and its subject, to the letter. `None` for one that
/// is empty or long, or has characters other than visible ones of ASCII. Nor is there one with an
/// asterisk, which would look like a path of identities in a rule.
#[must_use]
pub fn subject(subject: &str) -> Option<String> {
    let admitted = |byte: u8| byte.is_ascii_graphic() && byte != b'*';
    let fits = (1..=LONGEST_SUBJECT).contains(&subject.len()) && subject.bytes().all(admitted);
    fits.then(|| format!("jwt:{subject}"))
}

/// What the kernel shows for every user that has no number in our user namespace.
const UNKNOWN_USER: u32 = 65534;

/// The identity of a user of this machine: `uid:` and the number. `None` for one that may be anybody.
#[must_use]
pub fn user(id: u32) -> Option<String> {
    (id != UNKNOWN_USER).then(|| format!("uid:{id}"))
}

#[cfg(test)]
mod tests {
    use super::{CallerName, subject};

    #[test]
    fn a_subject_is_an_identity_of_its_own_kind() {
        for good in [
            "a",
            "spiffe://bank.example/loans",
            "auth0|42",
            &"x".repeat(255),
        ] {
            assert_eq!(subject(good), Some(format!("jwt:{good}")));
        }
        for bad in ["", "two words", "a\n", "a*", "李", &"x".repeat(256)] {
            assert_eq!(subject(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_name_is_short_and_plain() {
        for good in ["loans", "a", "Loans_2.eu-west", &"x".repeat(64)] {
            assert!(CallerName::parse(good).is_some(), "{good}");
        }
        for bad in ["", "two words", "a\n", "anonymous", "李", &"x".repeat(65)] {
            assert!(CallerName::parse(bad).is_none(), "{bad}");
        }
    }
}
