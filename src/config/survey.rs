//! What can be read of a configuration that may be bad: for whoever has to judge all of it.

use super::agreement;
use super::problem::Problems;
use super::reader::Reader;
use super::source::Sources;
use super::tree::{Config, KEYS};
use super::upi::{self, KeyDraft};

/// A configuration, good or bad. It has no Debug: what was given may be a secret.
pub struct Survey {
    draft: Option<Config>,
    /// What was given, and what is wrong with it.
    pub read: Reader,
}

impl Config {
    /// Reads all sources. A key's value comes from the last source that has it; a later
    /// list or table replaces an earlier one as a whole.
    ///
    /// # Errors
    /// Every bad, unknown and missing key at once.
    pub fn load(sources: &Sources) -> Result<Self, Problems> {
        Survey::of(sources).into_config()
    }
}

impl Survey {
    /// Reads all sources.
    #[must_use]
    pub fn of(sources: &Sources) -> Self {
        let mut reader = Reader::open(KEYS, sources);
        let draft = Config::read(&mut reader);
        if let Some(config) = &draft {
            agreement::check(config, &mut reader);
        }
        Self {
            draft,
            read: reader,
        }
    }

    /// The whole configuration.
    ///
    /// # Errors
    /// Every bad, unknown and missing key at once.
    pub fn into_config(self) -> Result<Config, Problems> {
        let problems = self.read.problems();
        let draft = self.draft.filter(|_| problems.is_empty());
        draft.ok_or(Problems::of(problems))
    }

    /// The configuration, with something else in the place of each key that is bad.
    #[must_use]
    pub const fn draft(&self) -> Option<&Config> {
        self.draft.as_ref()
    }

    /// The keys of `upi.verification`, whatever of them is good.
    #[must_use]
    pub fn verification(&self) -> Vec<KeyDraft> {
        let raw = self.read.raw("upi.verification");
        raw.map(upi::drafts).unwrap_or_default()
    }
}
