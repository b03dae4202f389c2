//! The commands' side of the contract: a connection that is proven before anything is sent,
//! and errors read from their details.

use std::path::PathBuf;

use http::Uri;
use hyper_util::rt::TokioIo;
use tonic::transport::{Channel, Endpoint};

use crate::acceptor;

mod address;
mod dial;
mod failure;
mod glance;
mod reach;
mod refused;
#[cfg(test)]
mod tests;
mod trust;
mod verdict;
mod watch;

pub use address::Address;
pub use failure::{Failure, Subject};
pub use refused::{Refused, Why};

use dial::Dialer;
use trust::Trust;

/// Somebody else than a gateway is there.
pub(super) const NOT_A_GATEWAY: &str = "NOT_A_GATEWAY";
/// Somebody is there, and says nothing.
pub(super) const NO_ANSWER: &str = "NO_ANSWER";

/// Where the gateway is.
#[derive(Debug, Clone, clap::Args)]
pub struct Target {
    /// Where the gateway is: HOST:PORT or https://HOST:PORT by TLS, http://HOST:PORT or unix:/PATH in
    /// plaintext
    #[arg(long, value_name = "TARGET", default_value = "http://127.0.0.1:50051")]
    pub target: Address,
    /// Plaintext for a HOST:PORT without a scheme
    #[arg(long, conflicts_with_all = ["ca_file", "cert_file", "key_file"])]
    pub plaintext: bool,
    /// CA certificates (PEM) to trust instead of the system's
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Client certificate (PEM) for mutual TLS
    #[arg(long, value_name = "FILE", requires = "key_file")]
    pub cert_file: Option<PathBuf>,
    /// Private key (PEM) of the client certificate
    #[arg(long, value_name = "FILE", requires = "cert_file")]
    pub key_file: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("--plaintext contradicts https://{0}")]
    Contradiction(Address),
    #[error("--ca-file and --cert-file are for TLS, and http://{0} is plaintext; use https://{0}")]
    NoTls(Address),
    #[error("cannot read {}", path.display())]
    File {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error("{} does not hold {expected}", path.display())]
    Content {
        path: PathBuf,
        expected: &'static str,
    },
    #[error("{} is no usable key of {}", key.display(), cert.display())]
    Pair {
        cert: PathBuf,
        key: PathBuf,
        #[source]
        source: tokio_rustls::rustls::Error,
    },
    #[error("TLS cannot be set up")]
    Tls(#[source] tokio_rustls::rustls::Error),
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl Target {
    pub fn plaintext(address: &acceptor::Address) -> Self {
        Self {
            target: address.into(),
            plaintext: false,
            ca_file: None,
            cert_file: None,
            key_file: None,
        }
    }

    /// Connects, and waits until the peer has shown that it is an HTTP/2 server and admits
    /// this client: what fails here has sent nothing.
    pub async fn connect(&self) -> Result<Channel, ConnectError> {
        let dialer = self.dialer()?;
        let dialed = dialer.dial().await?;
        let (mut first, again) = (Some(dialed.stream), dialer.clone());
        let connector = tower::service_fn(move |_: Uri| {
            let (first, again) = (first.take(), again.clone());
            async move {
                match first {
                    Some(stream) => Ok(TokioIo::new(stream)),
                    None => again.dial().await.map(|dialed| TokioIo::new(dialed.stream)),
                }
            }
        });
        let connected = self.endpoint(&dialer);
        let connected = connected.connect_with_connector(connector).await;
        dialer.prove(dialed.told, dialed.until).await?;
        Ok(connected.map_err(|_| Refused {
            at: dialer.at,
            why: Why::ConnectionClosed,
        })?)
    }

    fn dialer(&self) -> Result<Dialer, ConnectError> {
        let at = self.target.clone();
        let files = self.ca_file.is_some() || self.cert_file.is_some();
        let trust = match self.target.tls {
            Some(true) if self.plaintext => return Err(ConnectError::Contradiction(at)),
            Some(false) if files => return Err(ConnectError::NoTls(at)),
            Some(false) => None,
            None if self.plaintext => None,
            Some(true) | None => Some(Trust::new(self)?),
        };
        Ok(Dialer { at, trust })
    }

    /// TLS is the dialer's: for tonic every connection is plaintext.
    fn endpoint(&self, dialer: &Dialer) -> Endpoint {
        let host = match dialer.at.socket {
            Some(_) => "localhost".to_owned(),
            None => dialer.at.to_string(),
        };
        let origin = |scheme| Uri::try_from(format!("{scheme}://{host}")).unwrap_or_default();
        let endpoint = Endpoint::from(origin("http"));
        match dialer.trust {
            Some(_) => endpoint.origin(origin("https")),
            None => endpoint,
        }
    }
}
