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
    /// Of parts of it, such as `callers[1].name`, by their places.
    pub parts: BTreeMap<String, Origin>,
}

impl Given {
    /// Where a part was given: the smallest that is known and holds it.
    pub fn origin_of(&self, part: &str) -> &Origin {
        let mut part = part;
        loop {
            if let Some(origin) = self.parts.get(part) {
                return origin;
            }
            let Some((around, _)) = part.rsplit_once(['.', '[']) else {
                return &self.origin;
            };
            part = around;
        }
    }
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
        let given = Given {
            value,
            origin,
            parts: BTreeMap::new(),
        };
        self.values.insert(key.path(), given);
    }

    /// Where the parts of a key that was set stand.
    pub fn locate(&mut self, key: &'static Key, parts: BTreeMap<String, Origin>) {
        if let Some(given) = self.values.get_mut(key.path()) {
            given.parts = parts;
        }
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
