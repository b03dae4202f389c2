//! The way to UPI: an address, and everything that decides how it is reached.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;

use super::super::identifier::{Flaw, RequestPath, flaw};
use crate::domain::Secret;
use crate::verify::port::Cause;

#[cfg(test)]
mod tests;

/// The way to UPI.
#[derive(Clone, PartialEq, Eq)]
pub struct Route {
    /// Where UPI is.
    pub base_url: BaseUrl,
    /// How long a call may take.
    pub timeouts: Timeouts,
    /// Own CA bundle, PEM: then the only trust anchors.
    pub ca_pem: Option<Vec<u8>>,
    /// Client certificate.
    pub client_identity: Option<ClientIdentity>,
    /// Proxy.
    pub proxy: Proxy,
    /// Whether a connection serves one request or more.
    pub connections: Connections,
    /// Whether the trace continues at UPI: W3C headers on each request.
    pub propagate_trace: bool,
}

impl Route {
    /// A direct way by the system's authorities, with the usual time limits.
    #[must_use]
    pub fn direct(base_url: BaseUrl) -> Self {
        Self {
            base_url,
            timeouts: Timeouts::default(),
            ca_pem: None,
            client_identity: None,
            proxy: Proxy::None,
            connections: Connections::Reuse,
            propagate_trace: false,
        }
    }
}

/// Why a way cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// The proxy's URL.
    #[error("the proxy is not a URL of an http or https proxy")]
    Proxy,
    /// The authorities.
    #[error("the authorities cannot be read as PEM")]
    Ca(#[source] Cause),
    /// The authorities.
    #[error("the authorities are no certificate")]
    CaEmpty,
    /// The client's certificate and its key.
    #[error("the client's certificate and key are not PEM")]
    Identity(#[source] Cause),
    /// Certificates that cannot be used, or a client key that does not fit its certificate.
    #[error("the HTTP client to UPI cannot be built")]
    Client(#[source] Cause),
}

/// An http or https address without user name, query, fragment and trailing slash. A path that a
/// proxy adds may be part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Checks that it is such an address, by what RFC 3986 allows and not only by what a browser
    /// would make of it.
    ///
    /// # Errors
    /// What is the matter.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        const ADVICE: &str = "write scheme and host, such as https://upi.example, and no more";
        let url = web_url(text, ADVICE)?;
        let authority = text.split('/').nth(2).unwrap_or_default();
        if authority.contains('@') {
            return Err(flaw("has a user name in it", ADVICE));
        }
        if url.query().is_some() {
            return Err(flaw("has a query in it", ADVICE));
        }
        Ok(Self(url))
    }

    /// The address, without a trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Whether TLS is spoken.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
    }

    /// Why a path that is appended to it cannot be meant.
    ///
    /// # Errors
    /// The host or the whole path would come twice.
    pub fn admits(&self, path: &RequestPath) -> Result<(), Flaw> {
        const HOST: &str = "scheme and host belong into upi.base_url, the path alone stands there";
        let host = self.0.host_str().unwrap_or_default();
        let whole = path.as_str().trim_end_matches('/');
        if path.first_segment().eq_ignore_ascii_case(host) {
            Err(flaw("upi.request_path has the host in it", HOST))
        } else if !whole.is_empty() && self.prefix().ends_with(whole) {
            let text = "holds upi.request_path already, so that the path comes twice";
            Err(flaw(text, TWICE))
        } else {
            Ok(())
        }
    }

    /// What looks odd about it beside a path.
    #[must_use]
    pub fn oddity(&self, path: &RequestPath) -> Option<Flaw> {
        let first = path.first_segment();
        let repeated = self.prefix().split('/').any(|segment| segment == first);
        let text = "holds the beginning of upi.request_path, so that it comes twice";
        (!first.is_empty() && repeated).then_some(flaw(text, TWICE))
    }

    fn prefix(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }

    /// With nothing of its path.
    pub(super) fn root(&self) -> Url {
        let mut url = self.0.clone();
        url.set_path("/");
        url
    }

    /// The address that requests go to. No character of the path is one that a URL changes.
    pub(super) fn to(&self, path: &RequestPath) -> Url {
        let mut url = self.0.clone();
        url.set_path(&[self.prefix(), path.as_str()].concat());
        url
    }
}

const TWICE: &str = "leave the path to upi.request_path, which is appended to it";

/// An http or https URL with a host and without a fragment.
fn web_url(text: &str, advice: &'static str) -> Result<Url, Flaw> {
    let Some((scheme, _)) = text.split_once("://") else {
        return Err(flaw("has no scheme", "begin it with https://"));
    };
    if !matches!(scheme, "http" | "https") {
        let text = "is neither http nor https";
        return Err(flaw(text, "begin it with https://"));
    }
    if text.contains(char::is_whitespace) {
        return Err(flaw("has a space or a line break in it", advice));
    }
    if text.contains('#') {
        return Err(flaw("has a fragment in it", advice));
    }
    // Url corrects much of what it reads; HTTP's own type takes it as it is.
    let strict = text.parse::<http::Uri>().ok();
    let strict = strict.filter(|uri| uri.authority().is_some_and(has_good_port));
    let url = strict.and_then(|_| Url::parse(text).ok());
    url.filter(Url::has_host)
        .ok_or(flaw("is not a URL with a host", advice))
}

fn has_good_port(authority: &http::uri::Authority) -> bool {
    let address = authority.as_str();
    let address = address.rsplit_once('@').map_or(address, |(_, rest)| rest);
    address == authority.host() || authority.port_u16().is_some()
}

/// How long a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    whole: Duration,
    connect: Duration,
}

impl Timeouts {
    /// `whole` is from the first look at the pool to the last byte of the answer, `connect` for
    /// DNS, TCP and TLS together: a connection that hangs must be told from an answer that does.
    ///
    /// # Errors
    /// No time for connecting, or none for an answer.
    pub fn new(whole: Duration, connect: Duration) -> Result<Self, Flaw> {
        if connect.is_zero() || connect >= whole {
            let text = "must be above zero and below upi.timeout";
            return Err(flaw(text, "5s and 65s are good values"));
        }
        Ok(Self { whole, connect })
    }

    /// For the whole call.
    #[must_use]
    pub const fn whole(&self) -> Duration {
        self.whole
    }

    /// For DNS, TCP and TLS together.
    #[must_use]
    pub const fn connect(&self) -> Duration {
        self.connect
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            whole: Duration::from_secs(65),
            connect: Duration::from_secs(5),
        }
    }
}

/// What becomes of a connection to UPI after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Connections {
    /// It serves further requests.
    #[default]
    Reuse,
    /// It is closed.
    OnePerCall,
}

/// Which proxy is used to reach UPI.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Proxy {
    /// None, whatever the environment says.
    #[default]
    None,
    /// As the environment's variables say.
    Environment,
    /// This URL.
    Url(String),
}

impl Proxy {
    /// `none`, `environment`, or an http or https URL without a path.
    ///
    /// # Errors
    /// What is the matter.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        const ADVICE: &str = "write none, environment or a URL such as http://proxy.example:3128";
        match text {
            "none" => Ok(Self::None),
            "environment" => Ok(Self::Environment),
            _ => {
                let url = web_url(text, ADVICE)?;
                let bare = url.path() == "/" && url.query().is_none();
                let url = Self::Url(text.trim_end_matches('/').to_owned());
                bare.then_some(url).ok_or(flaw("has a path in it", ADVICE))
            }
        }
    }

    /// As it is configured, password included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::None => "none",
            Self::Environment => "environment",
            Self::Url(url) => url,
        }
    }
}

impl fmt::Debug for Proxy {
    /// Leaves out the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Environment => "Environment",
            Self::Url(_) => "Url([redacted])",
        })
    }
}

/// A client certificate for TLS to UPI, PEM.
pub struct ClientIdentity {
    /// The chain, the client's own certificate first.
    pub certificate_pem: Vec<u8>,
    /// Its key: PKCS#8, PKCS#1 or SEC 1, not encrypted.
    pub key_pem: Secret<Vec<u8>>,
}

impl PartialEq for ClientIdentity {
    fn eq(&self, other: &Self) -> bool {
        self.certificate_pem == other.certificate_pem
            && self.key_pem.expose() == other.key_pem.expose()
    }
}

impl Eq for ClientIdentity {}

impl Clone for ClientIdentity {
    fn clone(&self) -> Self {
        Self {
            certificate_pem: self.certificate_pem.clone(),
            key_pem: Secret::new(self.key_pem.expose().clone()),
        }
    }
}
