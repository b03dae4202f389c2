//! Where a configuration comes from, and the value that each key has in the end.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::file;
use super::key::{Key, Keys};
use super::problem::{Origin, Problem};

/// What variables of the environment begin with.
const PREFIX: &str = "IDPHOTO_";

/// What parts sections from keys in a variable's name.
const PART: &str = "__";

/// Longer names are not repeated in an error.
const LONGEST_NAME: usize = 64;

/// So many wrong letters are a slip and not another word.
const SLIP: usize = 2;

/// Where a configuration comes from, weakest first. It has no Debug: the environment is full
/// of secrets, other programs' too.
#[derive(Clone, Default)]
pub struct Sources {
    /// `--config`: a TOML file.
    pub file: Option<PathBuf>,
    /// The environment. `upi.signing.kid` is `IDPHOTO_UPI__SIGNING__KID`. Names without the
    /// prefix `IDPHOTO_` are ignored.
    pub environment: Vec<(String, String)>,
    /// `--set section.key=value`, and flags that stand for it; the last one wins.
    pub overrides: Vec<(String, String)>,
    /// `serve --sandbox`: UPI's path, our app id and the member may be left out; UPI's
    /// address and keys must be.
    pub sandboxed: bool,
}

/// The values of all sources, and what was wrong with the sources themselves.
pub struct Settings {
    pub keys: Keys,
    pub values: BTreeMap<&'static str, Setting>,
    pub problems: Vec<Problem>,
    /// The file could not be read, so that nobody knows which keys are missing.
    pub unread: bool,
}

/// A value and where it was given.
pub struct Setting {
    pub value: Value,
    pub origin: Origin,
}

impl Settings {
    pub fn gather(keys: Keys, sources: &Sources) -> Self {
        let mut settings = Self {
            keys,
            values: BTreeMap::new(),
            problems: Vec::new(),
            unread: false,
        };
        if let Some(path) = &sources.file {
            file::read(path, &mut settings);
        }
        let mut environment: Vec<_> = sources.environment.iter().collect();
        environment.sort();
        for (name, text) in environment {
            settings.variable(name, text);
        }
        for (path, text) in &sources.overrides {
            settings.override_key(path, text);
        }
        settings
    }

    pub fn set(&mut self, key: &'static Key, value: Value, origin: Origin) {
        self.values.insert(key.path(), Setting { value, origin });
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

    fn variable(&mut self, name: &str, text: &str) {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            return;
        };
        let origin = Origin::Environment(name.to_owned());
        if let Some(key) = self.keys.iter().find(|key| key.variable() == name) {
            self.set(key, key.value(text), origin);
        } else if rest.contains(PART) {
            let path = rest.replace(PART, ".").to_ascii_lowercase();
            let nearest = self.keys.nearest(&path).map(Key::variable);
            self.unknown(shown(&path), origin, nearest);
        } else if let Some(key) = self.keys.iter().find(|key| is_slip_of(key, name)) {
            self.unknown(shown(name), origin, Some(key.variable()));
        }
        // Other names with single underscores are not ours: beside a service called
        // "idphoto", Kubernetes sets IDPHOTO_PORT, IDPHOTO_SERVICE_HOST and more.
    }

    fn override_key(&mut self, path: &str, text: &str) {
        let origin = Origin::CommandLine;
        match self.keys.find(path) {
            Some(key) => self.set(key, key.value(text), origin),
            None => {
                let nearest = self.keys.nearest(path).map(|key| key.path().to_owned());
                self.unknown(shown(path), origin, nearest);
            }
        }
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

/// Whether a variable is this key's with single underscores, give or take a letter.
fn is_slip_of(key: &Key, name: &str) -> bool {
    let single = key.variable().replace(PART, "_");
    strsim::damerau_levenshtein(&single, name) <= SLIP
}
