//! What can be read of a configuration that may be bad: for whoever has to explain it.

use super::reader::Reader;
use super::upi::{UpiDraft, draft};
use super::value::Value;
use super::{Config, ConfigErrors, Problem, Sources};

/// A configuration, good or bad. It has no Debug: what was given may be a secret.
pub struct Survey {
    loaded: Result<Config, ConfigErrors>,
    reader: Reader,
}

impl Survey {
    /// Reads all sources as [`Config::load`] does, and keeps what is good of them.
    #[must_use]
    pub fn of(sources: &Sources) -> Self {
        Self {
            loaded: Config::load(sources),
            reader: Reader::open(sources),
        }
    }

    /// The whole configuration, if nothing is wrong with it.
    #[must_use]
    pub fn config(&self) -> Option<&Config> {
        self.loaded.as_ref().ok()
    }

    /// Everything that [`Config::load`] refuses.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.loaded
            .as_ref()
            .err()
            .into_iter()
            .flat_map(ConfigErrors::iter)
    }

    /// A key's text as it was given, good or bad.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.reader.raw(path).and_then(Value::text)
    }

    /// The way to UPI, as far as it can be read.
    #[must_use]
    pub fn upi(&self) -> UpiDraft {
        draft(&self.reader)
    }
}
