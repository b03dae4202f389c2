//! All keys, and what to say about one that is none.

use super::field::{Key, Reference};
use super::{admin, ledger, party, server, telemetry, upi, validation};

/// Keys less alike than this are not suggested (0 to 1).
const LIKENESS: f64 = 0.7;

/// Longer names are not repeated in an error.
const LONGEST_NAME: usize = 64;

/// All keys in the order of the reference: those of a table before its tables.
const SECTIONS: [&[&dyn Key]; 8] = [
    server::KEYS,
    admin::KEYS,
    upi::KEYS,
    party::MEMBER_KEYS,
    party::MERCHANT_KEYS,
    validation::KEYS,
    ledger::KEYS,
    telemetry::KEYS,
];

/// The reference of all keys, in the order of `idphoto.example.toml`.
#[must_use]
pub fn reference() -> Vec<Reference> {
    keys().map(Key::reference).collect()
}

pub fn keys() -> impl Iterator<Item = &'static dyn Key> {
    SECTIONS.into_iter().flatten().copied()
}

pub fn find(path: &str) -> Option<&'static dyn Key> {
    keys().find(|key| key.path() == path)
}

/// Whether keys stand below this path.
pub fn is_section(path: &str) -> bool {
    keys().any(|key| is_below(key.path(), path))
}

fn is_below(path: &str, section: &str) -> bool {
    let rest = path.strip_prefix(section);
    rest.is_some_and(|rest| rest.starts_with('.'))
}

/// The key that was probably meant: one with almost this path, or the same name in another
/// section.
pub fn nearest(path: &str) -> Option<&'static str> {
    let likeness = |key: &str| strsim::normalized_damerau_levenshtein(key, path);
    let paths = || keys().map(Key::path);
    let alike = paths()
        .map(|key| (key, likeness(key)))
        .filter(|(_, likeness)| *likeness >= LIKENESS)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(key, _)| key);
    alike.or_else(|| paths().find(|key| name(key) == name(path)))
}

/// What is said about an unknown key.
pub fn unknown(suggestion: Option<String>) -> String {
    match suggestion {
        Some(suggestion) => format!("unknown key; did you mean {suggestion}?"),
        None => "unknown key".to_owned(),
    }
}

/// A key's name as it may be repeated: what does not look like one may be anything.
pub fn shown(path: &str) -> String {
    let is_name = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
    if path.len() <= LONGEST_NAME && path.chars().all(is_name) && !path.is_empty() {
        path.to_owned()
    } else {
        "(a name that no key can have)".to_owned()
    }
}

fn name(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, name)| name)
}
