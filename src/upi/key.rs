//! Keys.
use crate::domain::Secret;

/// A certificate id at UPI: `[A-Za-z0-9/_.-]+`, opaque, not the X.509 serial.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Kid(String);
impl Kid {
    /// Checks the alphabet.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        todo!()
    }
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why key material was refused. Never holds any of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// x
    #[error("placeholder: typed variants come with the implementation")]
    Placeholder,
}

/// An RSA private key of at least 2048 bits, parsed once.
pub struct PrivateKey(());
impl PrivateKey {
    /// PEM PKCS#8, PEM PKCS#1, encrypted PKCS#8, PKCS#12, bare base64 DER, DER.
    pub fn load(bytes: &[u8], passphrase: Option<&Secret<String>>) -> Result<Self, KeyError> {
        todo!()
    }
    /// A new RSA-2048 key.
    pub fn generate() -> Result<Self, KeyError> {
        todo!()
    }
    /// PKCS#8 PEM.
    pub fn to_pkcs8_pem(&self) -> Result<Secret<String>, KeyError> {
        todo!()
    }
    /// Its public half.
    pub fn public(&self) -> Result<PublicKey, KeyError> {
        todo!()
    }
}

/// An RSA public key of at least 2048 bits, parsed once.
pub struct PublicKey(());
impl PublicKey {
    /// X.509 PEM or DER, SPKI PEM, bare base64 DER of either.
    pub fn load(bytes: &[u8]) -> Result<Self, KeyError> {
        todo!()
    }
    /// SPKI PEM.
    pub fn to_spki_pem(&self) -> Result<String, KeyError> {
        todo!()
    }
}

/// What a key file holds, without any of its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The file's form in words, e.g. "PKCS#8 PEM, encrypted".
    pub form: &'static str,
    /// Whether it holds a private key.
    pub private: bool,
    /// RSA modulus bits.
    pub bits: u32,
    /// SHA-256 of the SubjectPublicKeyInfo, lower-case hex: equal for both halves of a pair.
    pub spki_sha256: String,
    /// The certificate, if it is or contains one.
    pub certificate: Option<CertificateInfo>,
}
/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateInfo {
    /// Subject, RFC 2253-like.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// Serial number, hex (which is *not* UPI's kid).
    pub serial: String,
    /// Start of validity, RFC 3339.
    pub not_before: String,
    /// End of validity, RFC 3339.
    pub not_after: String,
}
/// Looks into key material of any accepted form; also keys that are too weak to be used.
pub fn inspect(bytes: &[u8], passphrase: Option<&Secret<String>>) -> Result<Inspection, KeyError> {
    todo!()
}
