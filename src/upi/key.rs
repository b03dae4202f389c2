//! RSA keys in every form in which participants and UPI hand them over.

use std::fmt;

use openssl::pkey::{PKey, Private, Public};
use openssl::rsa::Rsa;
use zeroize::{Zeroize, Zeroizing};

use crate::domain::Secret;

mod error;
mod form;
mod inspect;
mod kid;
mod open;
mod parts;
#[cfg(test)]
mod tests;
mod validity;

pub use error::KeyError;
pub use inspect::{CertificateInfo, Inspection, inspect};
pub use kid::Kid;
pub use validity::{Validity, ValidityState};

/// The shortest RSA modulus that is admitted (RFC 7518 sections 3.3 and 4.2).
pub const MIN_BITS: u32 = 2048;

/// An RSA private key of at least 2048 bits, parsed once.
#[derive(Clone)]
pub struct PrivateKey(PKey<Private>);

impl PrivateKey {
    /// Reads PKCS#8 (plain or encrypted), PKCS#1 or PKCS#12, as PEM, as DER, or as the
    /// base64 of the DER without armour. A PEM file may hold certificates beside the key.
    ///
    /// # Errors
    /// The form is unknown, the passphrase is missing or wrong, there is no private key in
    /// it, or the key is not RSA or is below 2048 bits.
    pub fn load(bytes: &[u8], passphrase: Option<&Secret<String>>) -> Result<Self, KeyError> {
        let parts = parts::split(bytes)?;
        let part = parts
            .iter()
            .find(|part| part.form.is_private())
            .ok_or(KeyError::PublicWherePrivateBelongs)?;
        let (key, _) = open::private(part, passphrase)?;
        strong_enough(key.bits())?;
        Ok(Self(key))
    }

    /// Makes a new RSA-2048 key.
    ///
    /// # Errors
    /// [`KeyError::Unusable`] when OpenSSL has no random bytes.
    pub fn generate() -> Result<Self, KeyError> {
        let key = Rsa::generate(MIN_BITS).and_then(PKey::from_rsa);
        key.map(Self).map_err(|_| KeyError::Unusable)
    }

    /// The key as unencrypted PKCS#8 PEM.
    ///
    /// # Errors
    /// [`KeyError::Unusable`].
    pub fn to_pkcs8_pem(&self) -> Result<Secret<String>, KeyError> {
        let pem = self.0.private_key_to_pem_pkcs8();
        let pem = pem.map_err(|_| KeyError::Unusable)?;
        String::from_utf8(pem).map(Secret::new).map_err(|error| {
            error.into_bytes().zeroize();
            KeyError::Unusable
        })
    }

    /// The public half.
    ///
    /// # Errors
    /// [`KeyError::Unusable`].
    pub fn public(&self) -> Result<PublicKey, KeyError> {
        let der = self.0.public_key_to_der();
        der.and_then(|der| PKey::public_key_from_der(&der))
            .map(PublicKey)
            .map_err(|_| KeyError::Unusable)
    }

    /// The key as PKCS#8 DER, wiped on drop.
    pub(super) fn pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let der = self.0.private_key_to_pkcs8().map(Zeroizing::new);
        der.map_err(|_| KeyError::Unusable)
    }

    pub(super) fn rsa(&self) -> Result<Rsa<Private>, KeyError> {
        self.0.rsa().map_err(|_| KeyError::Unusable)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey([redacted])")
    }
}

/// An RSA public key of at least 2048 bits, parsed once.
#[derive(Clone)]
pub struct PublicKey(PKey<Public>);

impl PublicKey {
    /// Reads an X.509 certificate, a SubjectPublicKeyInfo or a PKCS#1 public key, as PEM, as
    /// DER, or as the base64 of the DER without armour. Of several in one PEM file the first
    /// counts: a chain begins with the certificate of the key's owner. The certificate's
    /// validity and issuer are not judged: UPI identifies keys by kid.
    ///
    /// # Errors
    /// The form is unknown, there is a private key in it, or the key is not RSA or is below
    /// 2048 bits.
    pub fn load(bytes: &[u8]) -> Result<Self, KeyError> {
        let parts = parts::split(bytes)?;
        if parts.iter().any(|part| part.form.is_private()) {
            return Err(KeyError::PrivateWherePublicBelongs);
        }
        let part = parts.first().ok_or(KeyError::UnknownForm)?;
        let (key, _) = open::public(part)?;
        strong_enough(key.bits())?;
        Ok(Self(key))
    }

    /// A key that somebody else has parsed, and found strong enough.
    pub(super) const fn of(key: PKey<Public>) -> Self {
        Self(key)
    }

    /// The key as SubjectPublicKeyInfo PEM.
    ///
    /// # Errors
    /// [`KeyError::Unusable`].
    pub fn to_spki_pem(&self) -> Result<String, KeyError> {
        let pem = self.0.public_key_to_pem();
        let pem = pem.map_err(|_| KeyError::Unusable)?;
        String::from_utf8(pem).map_err(|_| KeyError::Unusable)
    }

    pub(super) fn spki_der(&self) -> Result<Vec<u8>, KeyError> {
        self.0.public_key_to_der().map_err(|_| KeyError::Unusable)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} bits)", self.0.bits())
    }
}

const fn strong_enough(bits: u32) -> Result<(), KeyError> {
    if bits < MIN_BITS {
        return Err(KeyError::TooWeak { bits });
    }
    Ok(())
}
