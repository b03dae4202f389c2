//! PEM files of TLS: certificates, authorities, private keys. No error quotes a file: it may be a
//! key by mistake.

use std::sync::Arc;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{Error, RootCertStore};

/// Why a file, or two together, cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PemError {
    /// No certificate, or something broken.
    #[error("holds no usable PEM certificate")]
    Certificate,
    /// No private key, or an encrypted one.
    #[error("holds no usable PEM private key; it must be PKCS#8, PKCS#1 or SEC 1, not encrypted")]
    PrivateKey,
    /// A certificate that cannot be a trust anchor.
    #[error("holds something that is no authority's certificate")]
    Authority(#[source] Error),
    /// The key is another one's, or of a kind that TLS does not use.
    #[error("is not a key for the certificate beside it")]
    Pair(#[source] Error),
}

/// Named, because other crates may switch on a second provider in rustls.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// All certificates of a file.
///
/// # Errors
/// [`PemError::Certificate`].
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.ok().filter(|found| !found.is_empty());
    found.ok_or(PemError::Certificate)
}

/// The authorities of a file.
///
/// # Errors
/// [`PemError::Certificate`], [`PemError::Authority`].
pub fn authorities(pem: &[u8]) -> Result<RootCertStore, PemError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate).map_err(PemError::Authority)?;
    }
    Ok(roots)
}

/// The private key of a file.
///
/// # Errors
/// [`PemError::PrivateKey`].
pub fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, PemError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| PemError::PrivateKey)
}

/// A chain, its owner's certificate first, with the owner's key.
///
/// # Errors
/// [`PemError::Certificate`] when the first one has no certificate, [`PemError::Pair`].
pub fn pair(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, PemError> {
    CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
        Error::InvalidCertificate(_) => PemError::Certificate,
        other => PemError::Pair(other),
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    const BROKEN: &[u8] = b"-----BEGIN PRIVATE KEY-----\ncanary\n";
    const NONSENSE: &[u8] = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    fn made() -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn a_file_without_what_it_should_hold_is_refused_and_not_quoted() {
        let (certificate, key) = made();
        for none in [b"", BROKEN, key.as_bytes()] {
            assert_eq!(certificates(none).unwrap_err(), PemError::Certificate);
            assert_eq!(authorities(none).unwrap_err(), PemError::Certificate);
        }
        for none in [b"", BROKEN, certificate.as_bytes()] {
            assert_eq!(private_key(none).unwrap_err(), PemError::PrivateKey);
        }
        let error = private_key(BROKEN).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("canary"));
    }

    #[test]
    fn a_byte_order_mark_costs_no_authority() {
        let (first, second) = (made().0, made().0);
        let mut bundle = format!("\u{FEFF}{first}\u{FEFF}{second}").into_bytes();
        crate::marks::remove(&mut bundle).unwrap();
        assert_eq!(authorities(&bundle).unwrap().len(), 2);
    }

    #[test]
    fn an_authority_that_is_no_certificate_is_refused() {
        let error = authorities(NONSENSE).unwrap_err();
        assert!(matches!(error, PemError::Authority(_)), "{error:?}");
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let ((certificate, key), (_, other)) = (made(), made());
        let chain = || certificates(certificate.as_bytes()).unwrap();
        let with = |key: &String| pair(chain(), private_key(key.as_bytes()).unwrap());
        assert!(with(&key).is_ok());
        assert!(matches!(with(&other), Err(PemError::Pair(_))));
        let nonsense = certificates(NONSENSE).unwrap();
        let refused = pair(nonsense, private_key(key.as_bytes()).unwrap());
        assert_eq!(refused.err(), Some(PemError::Certificate));
    }
}
