//! Takes typed values out of the settings and gathers what is wrong.

use super::error::{ConfigErrors, Origin, Problem};
use super::field::{Absent, Field, Key as _};
use super::kind::Flaws;
use super::source::{Setting, Settings, Sources};
use super::value::Value;

/// Reads keys; a bad one is noted and read as absent, so that the rest is looked at, too.
pub struct Reader {
    settings: Settings,
    pub sandboxed: bool,
}

impl Reader {
    pub fn open(sources: &Sources) -> Self {
        Self {
            settings: Settings::gather(sources),
            sandboxed: sources.sandboxed,
        }
    }

    /// The key's value, or its default. `None` for a bad key, and for an absent one
    /// without default.
    pub fn get<T>(&mut self, field: &Field<T>) -> Option<T> {
        let Some(setting) = self.settings.values.get(field.path()) else {
            return self.absent(field);
        };
        if field.is_refused(self.sandboxed) {
            let text = "contradicts --sandbox, which has an address and keys of its own";
            self.reject(field.path(), text);
            return None;
        }
        match parse(field, setting) {
            Ok(value) => Some(value),
            Err(problems) => {
                self.settings.problems.extend(problems);
                None
            }
        }
    }

    /// The same without a note of what is wrong.
    pub fn peek<T>(&self, field: &Field<T>) -> Option<T> {
        match self.settings.values.get(field.path()) {
            Some(setting) => parse(field, setting).ok(),
            None => match field.absent(self.sandboxed) {
                Absent::Default(value) => Some(value),
                Absent::Missing | Absent::Nothing => None,
            },
        }
    }

    /// The key's value as it was given, be it good or bad.
    pub fn raw(&self, path: &str) -> Option<&Value> {
        self.settings.values.get(path).map(|setting| &setting.value)
    }

    /// Whether any source has the key, be its value good or bad.
    pub fn has<T>(&self, field: &Field<T>) -> bool {
        self.settings.values.contains_key(field.path())
    }

    /// Notes that a key is wrong in a way that only its neighbours show.
    pub fn reject(&mut self, path: &str, text: impl Into<String>) {
        let origin = self.origin(path);
        self.settings.problem(path.to_owned(), origin, text.into());
    }

    /// Notes that `missing` has to be there because one of `given` is.
    pub fn demand<T>(&mut self, missing: &Field<T>, given: &[&Field<T>]) {
        if self.has(missing) || self.settings.unread {
            return;
        }
        if let Some(given) = given.iter().find(|field| self.has(field)) {
            let text = format!("missing; {} needs it", given.path());
            self.reject(missing.path(), text);
        }
    }

    /// Whether nothing was wrong so far.
    pub fn is_clean(&self) -> bool {
        self.settings.problems.is_empty()
    }

    /// All that was wrong.
    pub fn into_errors(self) -> ConfigErrors {
        ConfigErrors::new(self.settings.problems)
    }

    fn absent<T>(&mut self, field: &Field<T>) -> Option<T> {
        match field.absent(self.sandboxed) {
            Absent::Default(value) => Some(value),
            Absent::Missing if !self.settings.unread => {
                let text = format!("missing; expected {}", field.expected());
                self.reject(field.path(), text);
                None
            }
            Absent::Missing | Absent::Nothing => None,
        }
    }

    fn origin(&self, path: &str) -> Option<Origin> {
        let setting = self.settings.values.get(path);
        setting.map(|setting| setting.origin.clone())
    }
}

fn parse<T>(field: &Field<T>, setting: &Setting) -> Result<T, Vec<Problem>> {
    let problem = |part: &str, text: String| Problem {
        place: format!("{}{part}", field.path()),
        origin: Some(setting.origin.clone()),
        text,
    };
    let unexpected = || vec![problem("", format!("expected {}", field.expected()))];
    match (field.kind().read)(&setting.value) {
        Ok(value) if field.admits(&value) => Ok(value),
        Ok(_) | Err(Flaws::Unexpected) => Err(unexpected()),
        Err(Flaws::Parts(flaws)) => Err(flaws
            .into_iter()
            .map(|flaw| problem(&flaw.part, flaw.text))
            .collect()),
    }
}
