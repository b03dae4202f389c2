//! Signs bodies, with a key in memory or in a token.

use josekit::jws::alg::rsassa::RsassaJwsSigner;
use josekit::jws::{JwsSigner, RS256};
use serde::Serialize;

use super::{Claims, JwsError, rules, signing_input};
use crate::domain::WipedBytes;
use crate::upi::header::BASE64URL;
use crate::upi::key::{KeyError, Kid, PrivateKey, PublicKey};
use crate::upi::token::TokenKey;

/// Our private key, wherever it is.
#[derive(Debug, Clone)]
pub enum SigningKey {
    /// In memory, from a file.
    Memory(PrivateKey),
    /// In a token, which signs by it.
    Token(TokenKey),
}

impl From<PrivateKey> for SigningKey {
    fn from(key: PrivateKey) -> Self {
        Self::Memory(key)
    }
}

impl SigningKey {
    /// The public half.
    ///
    /// # Errors
    /// [`KeyError::Unusable`].
    pub fn public(&self) -> Result<PublicKey, KeyError> {
        match self {
            Self::Memory(key) => key.public(),
            Self::Token(key) => key.public().ok_or(KeyError::Unusable),
        }
    }

    /// Signs by it, under this kid.
    ///
    /// # Errors
    /// [`JwsError::Key`].
    pub fn signer(&self, kid: &Kid) -> Result<Signer, JwsError> {
        match self {
            Self::Memory(key) => Signer::new(kid, key),
            Self::Token(key) => Ok(Signer::in_token(kid, key)),
        }
    }
}

/// Signs bodies with one key.
pub struct Signer {
    kid: Kid,
    key: Key,
}

enum Key {
    Memory(RsassaJwsSigner),
    Token(TokenKey),
}

impl Signer {
    /// Takes the key over; nothing is parsed later.
    ///
    /// # Errors
    /// [`JwsError::Key`].
    pub fn new(kid: &Kid, key: &PrivateKey) -> Result<Self, JwsError> {
        let der = key.pkcs8_der().map_err(|_| JwsError::Key)?;
        let key = RS256.signer_from_der(&*der).map_err(|_| JwsError::Key)?;
        Ok(Self {
            kid: kid.clone(),
            key: Key::Memory(key),
        })
    }

    /// Signs with a key that stays in its token.
    #[must_use]
    pub fn in_token(kid: &Kid, key: &TokenKey) -> Self {
        Self {
            kid: kid.clone(),
            key: Key::Token(key.clone()),
        }
    }

    /// The UPI-JWS value over exactly these bytes. Costs one RSA operation and one pass over
    /// the body. Blocks for as long as a token takes.
    ///
    /// # Errors
    /// [`JwsError::Signing`] or [`JwsError::Token`].
    pub fn sign(&self, claims: &Claims<'_>, body: &[u8]) -> Result<String, JwsError> {
        let (header, input) = self.input(claims, body)?;
        let signature = match &self.key {
            Key::Memory(key) => in_memory(key, &input)?,
            Key::Token(key) => key.sign_blocking(&digest(input))?,
        };
        Ok(detached(header, &signature))
    }

    /// The same, which lets others go on while a token signs.
    ///
    /// # Errors
    /// As [`Signer::sign`].
    pub async fn sign_beside(&self, claims: &Claims<'_>, body: &[u8]) -> Result<String, JwsError> {
        let (header, input) = self.input(claims, body)?;
        let signature = match &self.key {
            Key::Memory(key) => in_memory(key, &input)?,
            Key::Token(key) => key.sign(&digest(input)).await?,
        };
        Ok(detached(header, &signature))
    }

    fn input(&self, claims: &Claims<'_>, body: &[u8]) -> Result<(String, WipedBytes), JwsError> {
        let header = JwsHeader::new(self.kid.as_str(), claims);
        let header = serde_json::to_vec(&header).map_err(|_| JwsError::Signing)?;
        let header = BASE64URL.encode_to_string(header);
        let input = signing_input(&header, body);
        Ok((header, input))
    }
}

fn in_memory(key: &RsassaJwsSigner, input: &[u8]) -> Result<Vec<u8>, JwsError> {
    key.sign(input).map_err(|_| JwsError::Signing)
}

/// Wipes what it is of.
fn digest(input: WipedBytes) -> [u8; 32] {
    openssl::sha::sha256(&input)
}

fn detached(header: String, signature: &[u8]) -> String {
    let mut value = header;
    value.push_str("..");
    BASE64URL.encode_append(signature, &mut value);
    value
}

/// The header in the order and form of UPI's own kit; serde keeps the order of the fields.
#[derive(Serialize)]
struct JwsHeader<'a> {
    alg: &'static str,
    kid: &'a str,
    crit: &'static [&'static str],
    #[serde(rename = "UPI-UUID")]
    upi_uuid: &'a str,
    #[serde(rename = "UPI-TIMESTAMP")]
    timestamp: String,
    #[serde(rename = "UPI-APPID")]
    app_id: &'a str,
    #[serde(rename = "UPI-REQPATH", skip_serializing_if = "Option::is_none")]
    request_path: Option<&'a str>,
}

impl<'a> JwsHeader<'a> {
    fn new(kid: &'a str, claims: &Claims<'a>) -> Self {
        Self {
            alg: rules::ALGORITHM,
            kid,
            crit: match claims.request_path {
                Some(_) => &rules::CRITICAL_IN_REQUESTS,
                None => &rules::CRITICAL_IN_ANSWERS,
            },
            upi_uuid: claims.upi_uuid,
            timestamp: claims.timestamp.to_string(),
            app_id: claims.app_id,
            request_path: claims.request_path,
        }
    }
}
