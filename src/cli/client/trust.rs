//! The commands' TLS: whom they trust, and what they show of themselves.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_rustls::rustls::client::ResolvesClientCert;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SignatureScheme};

use super::{ConnectError, Target};
use crate::marks;
use crate::pem::{self, PemError};

const CERTIFICATE: &str = "a certificate in PEM";
const KEY: &str = "a private key in PEM";

/// Settings of TLS, made of the files.
#[derive(Debug, Clone)]
pub(super) struct Trust {
    pub(super) config: Arc<ClientConfig>,
    pub(super) identity: Arc<Identity>,
    /// Whether `--ca-file` stands in for the system's CAs.
    pub(super) own_ca: bool,
}

impl Trust {
    pub(super) fn new(target: &Target) -> Result<Self, ConnectError> {
        let provider = pem::provider();
        let identity = Arc::new(Identity::new(target, &provider)?);
        let roots = match &target.ca_file {
            Some(path) => load(path, pem::authorities, CERTIFICATE)?,
            None => system(),
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(ConnectError::Tls)?
            .with_root_certificates(roots)
            .with_client_cert_resolver(Arc::clone(&identity) as Arc<dyn ResolvesClientCert>);
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self {
            config: Arc::new(config),
            identity,
            own_ca: target.ca_file.is_some(),
        })
    }

    /// For a look that ends before certificates come.
    pub(super) fn of_nobody() -> Option<Arc<ClientConfig>> {
        let config = ClientConfig::builder_with_provider(pem::provider())
            .with_safe_default_protocol_versions()
            .ok()?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        Some(Arc::new(config))
    }
}

/// The client's certificate, and whether a server asked for one: a server that refuses may
/// do so without a word.
#[derive(Debug)]
pub(super) struct Identity {
    shown: Option<Arc<CertifiedKey>>,
    asked: AtomicBool,
}

impl Identity {
    fn new(target: &Target, provider: &CryptoProvider) -> Result<Self, ConnectError> {
        let shown = match (&target.cert_file, &target.key_file) {
            (Some(cert), Some(key)) => {
                let chain = load(cert, pem::certificates, CERTIFICATE)?;
                let private = load(key, pem::private_key, KEY)?;
                let pair = CertifiedKey::from_der(chain, private, provider);
                Some(Arc::new(pair.map_err(|source| ConnectError::Pair {
                    cert: cert.clone(),
                    key: key.clone(),
                    source,
                })?))
            }
            _ => None,
        };
        let asked = AtomicBool::new(false);
        Ok(Self { shown, asked })
    }

    /// A server asked, and there was nothing to show.
    pub(super) fn was_missed(&self) -> bool {
        self.shown.is_none() && self.asked.load(Ordering::Relaxed)
    }

    /// A server asked, and was shown a certificate.
    pub(super) fn was_shown(&self) -> bool {
        self.shown.is_some() && self.asked.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.shown.clone()
    }

    fn has_certs(&self) -> bool {
        self.shown.is_some()
    }
}

/// Those that cannot be read are missed when a server's certificate needs them.
fn system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn load<T>(
    path: &Path,
    read: fn(&[u8]) -> Result<T, PemError>,
    expected: &'static str,
) -> Result<T, ConnectError> {
    let path = path.to_owned();
    match marks::read(&path) {
        Ok(pem) => read(&pem).map_err(|_| ConnectError::Content { path, expected }),
        Err(cause) => Err(ConnectError::File { path, cause }),
    }
}
