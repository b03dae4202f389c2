//! The server's TLS: 1.2 and later, ALPN `h2`, clients' certificates when a CA is given.

use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::error::ClientCaError;
use super::{ServerError, TlsFiles};
use crate::marks;

/// Reads the files and makes an acceptor of them.
///
/// # Errors
/// A file cannot be read or does not hold what it should.
pub(super) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, ServerError> {
    // Named, because other crates may switch on a second provider in rustls.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = match &files.client_ca_file {
        Some(path) => client_verifier(path, &provider)?,
        None => WebPkiClientVerifier::no_client_auth(),
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ServerError::TlsVersions)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates(&files.cert_file)?, key(&files.key_file)?)
        .map_err(ServerError::Identity)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn client_verifier(
    path: &Path,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, ServerError> {
    let unusable = |source| ServerError::ClientCa {
        path: path.to_owned(),
        source,
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        let added = roots.add(certificate);
        added.map_err(|error| unusable(ClientCaError::Anchor(error)))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| unusable(ClientCaError::Verifier(error)))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ServerError> {
    let pem = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        // The parser's error quotes the file, which may be a key by mistake.
        _ => Err(ServerError::Certificates {
            path: path.to_owned(),
        }),
    }
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, ServerError> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|_| ServerError::PrivateKey {
        path: path.to_owned(),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, ServerError> {
    marks::read(path).map_err(|source| ServerError::Unreadable {
        path: path.to_owned(),
        source,
    })
}
