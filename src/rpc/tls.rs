//! The server's TLS: 1.2 and later, ALPN `h2`, clients' certificates when a CA is given.

use std::fmt;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};

use crate::pem::provider;

/// TLS of the gRPC port, ready.
#[derive(Clone)]
pub struct Tls(pub(super) TlsAcceptor);

/// Whether a client may come without a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientCerts {
    /// It is turned away.
    Required,
    /// It may come, and proves nothing.
    Optional,
}

/// Why there is no TLS, although its files are good.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No verifier can be made of the clients' authorities.
    #[error("cannot be used to check clients")]
    Clients(#[from] VerifierBuilderError),
    /// The cryptographic provider knows no TLS version that we accept: a bug.
    #[error("no TLS version can be offered")]
    Versions(#[from] rustls::Error),
}

impl Tls {
    /// With the server's certificate, and the authorities of those who may call.
    ///
    /// # Errors
    /// The authorities cannot be used.
    pub fn new(
        server: CertifiedKey,
        clients: Option<(RootCertStore, ClientCerts)>,
    ) -> Result<Self, TlsError> {
        let verifier = match clients {
            Some((roots, certs)) => {
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
                match certs {
                    ClientCerts::Required => verifier.build()?,
                    ClientCerts::Optional => verifier.allow_unauthenticated().build()?,
                }
            }
            None => WebPkiClientVerifier::no_client_auth(),
        };
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(server)));
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls([redacted])")
    }
}
