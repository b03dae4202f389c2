//! TLS to PostgreSQL: its certificate has to be good for the host of the URL.

use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use crate::pem::{self, PemError};

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The authorities cannot be read.
    #[error("ledger.ca_file {0}")]
    Authorities(PemError),
    /// The system has none.
    #[error("the system has no authorities: name PostgreSQL's in ledger.ca_file")]
    NoAuthorities,
    /// rustls refuses its own defaults.
    #[error("TLS cannot be set up")]
    Versions(#[from] rustls::Error),
}

/// Takes certificates of these authorities alone, or of the system's.
///
/// # Errors
/// There are none.
pub fn connector(ca_pem: Option<&[u8]>) -> Result<MakeRustlsConnect, TlsError> {
    let roots = match ca_pem {
        Some(pem) => pem::authorities(pem).map_err(TlsError::Authorities)?,
        None => system()?,
    };
    let config = ClientConfig::builder_with_provider(pem::provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn system() -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    (!roots.is_empty())
        .then_some(roots)
        .ok_or(TlsError::NoAuthorities)
}
