//! Where the issuer's keys come from.

use std::sync::Arc;
use std::time::Duration;

use super::fetch::Fetcher;
use super::key_set::KeySet;

/// What tokens are held to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `iss` must be this.
    pub issuer: String,
    /// `aud` must be this, or hold it.
    pub audience: String,
    /// Where the keys come from.
    pub source: Source,
}

/// Where the issuer's keys come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// They were read from a file.
    File(Arc<KeySet>),
    /// They are read from a URL; before that these count.
    Url(Fetcher, Pace, Option<Arc<KeySet>>),
}

/// How often keys are read from a URL.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// After a reading that was good.
    pub every: Duration,
    /// After one that was not; never longer than `every`.
    pub again: Duration,
    /// At least this lies between the end of a reading and the next one, if a token asks for it
    /// whose key is not known.
    pub gap: Duration,
    /// So long a call waits for such a reading.
    pub wait: Duration,
}

impl Pace {
    /// The usual one.
    #[must_use]
    pub const fn new(every: Duration) -> Self {
        Self {
            every,
            again: Duration::from_secs(30),
            gap: Duration::from_secs(10),
            wait: Duration::from_secs(2),
        }
    }

    pub(super) fn after(&self, good: bool) -> Duration {
        if good {
            self.every
        } else {
            self.again.min(self.every)
        }
    }
}
