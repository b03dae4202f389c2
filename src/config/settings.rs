//! The value that each key has in the end, and what was wrong with where it came from.

use std::collections::BTreeMap;

use serde_json::Value;

use super::key::{Key, Keys};
use super::problem::{Origin, Problem};

/// Longer names are not repeated in an error.
const LONGEST_NAME: usize = 64;

/// The values of all sources, and what was wrong with the sources themselves.
pub struct Settings {
    pub keys: Keys,
    pub values: BTreeMap<&'static str, Given>,
    pub problems: Vec<Problem>,
    /// The file could not be read, so that nobody knows which keys are missing.
    pub unread: bool,
}

/// A value and where it was given.
pub struct Given {
    pub value: Value,
    pub origin: Origin,
}

impl Settings {
    pub const fn new(keys: Keys) -> Self {
        Self {
            keys,
            values: BTreeMap::new(),
            problems: Vec::new(),
            unread: false,
        }
    }

    pub fn set(&mut self, key: &'static Key, value: Value, origin: Origin) {
        self.values.insert(key.path(), Given { value, origin });
    }

    pub fn problem(&mut self, place: String, origin: Option<Origin>, text: String) {
        self.problems.push(Problem {
            place,
            origin,
            text,
            advice: "",
        });
    }

    pub fn unknown(&mut self, place: String, origin: Origin, nearest: Option<String>) {
        self.problem(place, Some(origin), unknown(nearest));
    }
}

/// What is said about an unknown key.
pub fn unknown(nearest: Option<String>) -> String {
    match nearest {
        Some(nearest) => format!("unknown key; did you mean {nearest}?"),
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
