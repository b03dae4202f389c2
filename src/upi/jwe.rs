//! encData: JWE compact serialisation with RSA1_5 and A128CBC-HS256 (RFC 7516, RFC 7518).
//!
//! UPI prescribes RSA1_5, whose padding gave Bleichenbacher's attack its name. Sealing is
//! not touched by it. Opening is the sandbox's side only; it still keeps RFC 7516 section
//! 11.5: a wrong padding, a wrong tag and every other failure are one error, and the way to
//! it is the same. The tag is verified before anything is decrypted.

use josekit::jwe::alg::rsaes::RsaesJweEncrypter;
use josekit::jwe::enc::A128CBC_HS256;
use josekit::jwe::{JweContentEncryption, JweEncrypter, JweHeader};
use openssl::pkey::Private;
use openssl::rsa::Rsa;
use serde::Serialize;

use super::header::{BASE64URL, Header};
use super::key::{Kid, PrivateKey, PublicKey};
use crate::domain::Secret;

mod content;
mod key_transport;
#[cfg(test)]
mod tests;

use content::ContentKey;

const ALGORITHM: &str = "RSA1_5";
const ENCRYPTION: &str = "A128CBC-HS256";
const IV_BYTES: usize = 16;

/// The largest real token holds a photo too: 273 KB of base64.
const MAX_LENGTH: usize = 512 * 1024;

/// Encrypts to one key.
pub struct Sealer {
    /// The encoded protected header, the same for every token.
    header: String,
    key: RsaesJweEncrypter,
}

impl Sealer {
    /// Takes the key over; nothing is parsed later.
    ///
    /// # Errors
    /// [`JweError::Key`].
    pub fn new(kid: &Kid, key: &PublicKey) -> Result<Self, JweError> {
        let header = ProtectedHeader {
            alg: ALGORITHM,
            enc: ENCRYPTION,
            kid: kid.as_str(),
        };
        let header = serde_json::to_vec(&header).map_err(|_| JweError::Key)?;
        let der = key.spki_der().map_err(|_| JweError::Key)?;
        Ok(Self {
            header: BASE64URL.encode_to_string(header),
            key: encrypter(&der)?,
        })
    }

    /// A compact token with a content encryption key and IV of its own, both from the
    /// operating system's CSPRNG.
    ///
    /// # Errors
    /// [`JweError::Sealing`].
    pub fn seal(&self, plaintext: &[u8]) -> Result<String, JweError> {
        let cek = ContentKey::random().ok_or(JweError::Sealing)?;
        let mut iv = [0; IV_BYTES];
        getrandom::fill(&mut iv).map_err(|_| JweError::Sealing)?;
        let unused = JweHeader::new();
        let encrypted_key = self
            .key
            .encrypt(cek.as_slice(), &unused, &mut JweHeader::new());
        let content =
            A128CBC_HS256.encrypt(cek.as_slice(), Some(&iv), plaintext, self.header.as_bytes());
        match (encrypted_key, content) {
            (Ok(Some(encrypted_key)), Ok((ciphertext, Some(tag)))) => {
                Ok(self.join([&encrypted_key, &iv, &ciphertext, &tag]))
            }
            _ => Err(JweError::Sealing),
        }
    }

    fn join(&self, parts: [&[u8]; 4]) -> String {
        let encoded = |part: &&[u8]| 1 + BASE64URL.encoded_length(part.len());
        let length = self.header.len() + parts.iter().map(encoded).sum::<usize>();
        let mut token = String::with_capacity(length);
        token.push_str(&self.header);
        for part in parts {
            token.push('.');
            BASE64URL.encode_append(part, &mut token);
        }
        token
    }
}

/// The header in the order of UPI's own kit; serde keeps the order of the fields.
#[derive(Serialize)]
struct ProtectedHeader<'a> {
    alg: &'static str,
    enc: &'static str,
    kid: &'a str,
}

#[expect(
    deprecated,
    reason = "UPI prescribes RSA1_5 and offers no other key transport"
)]
fn encrypter(spki_der: &[u8]) -> Result<RsaesJweEncrypter, JweError> {
    josekit::jwe::RSA1_5
        .encrypter_from_der(spki_der)
        .map_err(|_| JweError::Key)
}

/// Decrypts with one key (the sandbox's side).
pub struct Opener {
    kid: Kid,
    key: Rsa<Private>,
}

impl Opener {
    /// Takes the key over; nothing is parsed later.
    ///
    /// # Errors
    /// [`JweError::Key`].
    pub fn new(kid: &Kid, key: &PrivateKey) -> Result<Self, JweError> {
        let key = key.rsa().map_err(|_| JweError::Key)?;
        let kid = kid.clone();
        Ok(Self { kid, key })
    }

    /// The plaintext.
    ///
    /// # Errors
    /// [`JweError::Opening`], whatever the reason.
    pub fn open(&self, token: &str) -> Result<Secret<Vec<u8>>, JweError> {
        let token = Token::parse(token).ok_or(JweError::Opening)?;
        self.check_header(token.header).ok_or(JweError::Opening)?;
        let cek = key_transport::decrypt(&self.key, &token.encrypted_key);
        cek.and_then(|cek| cek.open(&token))
            .map(Secret::new)
            .ok_or(JweError::Opening)
    }

    /// Exactly the three members that UPI sends: no `zip`, no `crit`, no key in the header.
    fn check_header(&self, encoded: &str) -> Option<()> {
        let header = Header::parse(encoded).ok()?;
        let good = header.len() == 3
            && header.text("alg") == Some(ALGORITHM)
            && header.text("enc") == Some(ENCRYPTION)
            && header.text("kid") == Some(self.kid.as_str());
        good.then_some(())
    }
}

/// The five parts of a compact serialisation, all but the header decoded.
struct Token<'a> {
    header: &'a str,
    encrypted_key: Vec<u8>,
    iv: Vec<u8>,
    ciphertext: Vec<u8>,
    tag: Vec<u8>,
}

impl<'a> Token<'a> {
    fn parse(token: &'a str) -> Option<Self> {
        if token.len() > MAX_LENGTH {
            return None;
        }
        let mut parts = token.split('.');
        let header = parts.next()?;
        let mut part = || BASE64URL.decode_to_vec(parts.next()?).ok();
        let (encrypted_key, iv, ciphertext, tag) = (part()?, part()?, part()?, part()?);
        parts.next().is_none().then_some(Self {
            header,
            encrypted_key,
            iv,
            ciphertext,
            tag,
        })
    }
}

/// Failure of JWE. Opening has one error only: a second one would be an oracle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JweError {
    /// Decryption failed, for whatever reason.
    #[error("the token cannot be decrypted")]
    Opening,
    /// Encryption failed.
    #[error("the plaintext cannot be encrypted")]
    Sealing,
    /// OpenSSL refuses the key.
    #[error("the key cannot be used for RSA1_5")]
    Key,
}
