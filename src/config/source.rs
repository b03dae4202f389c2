//! Where a configuration comes from, and the value that each key has in the end.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::error::{Origin, Problem};
use super::field::{Key, variable};
use super::file;
use super::schema::{self, shown};
use super::value::Value;

/// What variables of the environment begin with.
const PREFIX: &str = "IDPHOTO_";

/// What parts sections from keys in a variable's name.
const PART: &str = "__";

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
#[derive(Default)]
pub struct Settings {
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
    pub fn gather(sources: &Sources) -> Self {
        let mut settings = Self::default();
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

    pub fn set(&mut self, key: &'static dyn Key, value: Value, origin: Origin) {
        self.values.insert(key.path(), Setting { value, origin });
    }

    pub fn problem(&mut self, place: String, origin: Option<Origin>, text: String) {
        self.problems.push(Problem {
            place,
            origin,
            text,
        });
    }

    fn variable(&mut self, name: &str, text: &str) {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            return;
        };
        let origin = Origin::Environment(name.to_owned());
        if let Some(key) = schema::keys().find(|key| variable(key.path()) == name) {
            self.set(key, Value::from_text(text, key.shape()), origin);
        } else if rest.contains(PART) {
            let path = rest.replace(PART, ".").to_ascii_lowercase();
            let suggestion = schema::nearest(&path).map(variable);
            self.problem(shown(&path), Some(origin), schema::unknown(suggestion));
        } else if let Some(key) = schema::keys().find(|key| is_slip_of(key.path(), name)) {
            let suggestion = Some(variable(key.path()));
            self.problem(shown(name), Some(origin), schema::unknown(suggestion));
        }
        // Other names with single underscores are not ours: beside a service called
        // "idphoto", Kubernetes sets IDPHOTO_PORT, IDPHOTO_SERVICE_HOST and more.
    }

    fn override_key(&mut self, path: &str, text: &str) {
        let origin = Origin::CommandLine;
        match schema::find(path) {
            Some(key) => self.set(key, Value::from_text(text, key.shape()), origin),
            None => {
                let suggestion = schema::nearest(path).map(ToOwned::to_owned);
                self.problem(shown(path), Some(origin), schema::unknown(suggestion));
            }
        }
    }
}

/// Whether a variable is this key's with single underscores, give or take a letter.
fn is_slip_of(path: &str, name: &str) -> bool {
    let single = variable(path).replace(PART, "_");
    strsim::damerau_levenshtein(&single, name) <= SLIP
}
