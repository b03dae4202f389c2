//! Where an issuer shows its keys.

use std::net::IpAddr;

use reqwest::Url;

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
