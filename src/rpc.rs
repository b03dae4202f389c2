//! The gRPC side.
use crate::domain::{Merchant, Rules};
use crate::verify::Verifier;
use crate::verify::port::{Admission, Clock};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Settings of the gRPC port.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// TLS; `None` is plaintext.
    pub tls: Option<TlsFiles>,
    /// Whether reflection is served.
    pub reflection: bool,
    /// Largest request message, bytes.
    pub max_message_bytes: usize,
    /// NOT_SERVING is shown this long before new calls are refused; part of `drain_timeout`.
    pub drain_delay: Duration,
    /// From the signal to the hard end.
    pub drain_timeout: Duration,
    /// Validation rules.
    pub rules: Rules,
    /// The merchant of requests that name none.
    pub merchant: Option<Merchant>,
}
/// PEM files of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Chain.
    pub cert_file: PathBuf,
    /// Key.
    pub key_file: PathBuf,
    /// Whose clients are admitted; `None` asks for no certificate.
    pub client_ca_file: Option<PathBuf>,
}
/// What the server calls.
pub struct Ports {
    /// The use case.
    pub verifier: Arc<Verifier>,
    /// Who may call.
    pub admission: Arc<dyn Admission>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
}
/// A bound server; its health says NOT_SERVING until `run`.
pub struct Server(());
impl Server {
    /// Reads TLS files and binds.
    pub async fn bind(settings: Settings, ports: Ports) -> Result<Self, ServerError> {
        todo!()
    }
    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        todo!()
    }
    /// Serves until `shutdown` resolves, then drains; back within `drain_timeout` + 1 s.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        todo!()
    }
}
/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// x
    #[error("placeholder")]
    Placeholder,
}
