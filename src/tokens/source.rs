//! Where the issuer's keys come from.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

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

/// The address of a key set: https, or http on this machine, since whoever changes the keys on their
/// way can be any caller. No user name, no fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwksUrl(Url);

impl JwksUrl {
    /// `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // Url corrects much of what it reads; HTTP's own type takes it as it is.
        let uri: http::Uri = text.parse().ok()?;
        let authority = uri.authority()?.as_str();
        let url = Self(Url::parse(text).ok()?);
        let fits = url.is_tls() || (url.0.scheme() == "http" && url.is_loopback());
        let plain = !authority.contains('@') && !text.contains('#');
        (fits && plain && url.0.has_host()).then_some(url)
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(super) fn url(&self) -> Url {
        self.0.clone()
    }

    pub(super) fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }

    fn is_loopback(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}
