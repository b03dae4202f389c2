//! UPI-JWS: the detached signature of a body (RFC 7515 appendix F with RS256).
//!
//! A value is `BASE64URL(header) ".." BASE64URL(signature)`. What is signed is
//! `BASE64URL(header) "." BASE64URL(body)`, over the bytes that travel: a body is never
//! serialised again to sign or to verify it.
//!
//! Whoever can reach the connection to UPI may send any header value at all. Nothing of it
//! is believed before the signature is verified, and the key is chosen from the configured
//! ones by `kid` after `alg` was found to be RS256, never by what the header asks for.

use std::time::Duration;

use josekit::jws::alg::rsassa::RsassaJwsVerifier;
use josekit::jws::{JwsVerifier, RS256};

use super::header::{BASE64URL, Header};
use super::key::{Kid, PublicKey};
use crate::domain::WipedBytes;

pub(super) mod error;
mod rules;
mod signer;
#[cfg(test)]
mod tests;

pub use error::JwsError;
pub use signer::{Signer, SigningKey};

/// A value longer than any real one: a full header and the signature of an RSA-16384 key.
const MAX_LENGTH: usize = 8192;

/// The critical members of the protected header.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'a> {
    /// UPI-UUID.
    pub upi_uuid: &'a str,
    /// UPI-TIMESTAMP, Unix seconds.
    pub timestamp: i64,
    /// UPI-APPID.
    pub app_id: &'a str,
    /// UPI-REQPATH; `None` leaves the member out (answers).
    pub request_path: Option<&'a str>,
}

/// Names a signed request in the record of orders.
#[must_use]
pub fn sha256(jws: &str) -> [u8; 32] {
    openssl::sha::sha256(jws.as_bytes())
}

/// What a signature must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// UPI-APPID must equal this.
    pub app_id: &'a str,
    /// UPI-REQPATH, when present, must equal this.
    pub request_path: &'a str,
    /// Whether UPI-REQPATH must be present and critical (requests).
    pub require_request_path: bool,
    /// Our clock, Unix seconds.
    pub now: i64,
    /// Skew allowed in either direction (both ends included); whole seconds count.
    pub window: Duration,
}

/// What a verified signature said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its key.
    pub kid: Kid,
    /// Its UPI-UUID.
    pub upi_uuid: String,
    /// Its UPI-TIMESTAMP.
    pub timestamp: i64,
}

/// Verifies signatures by a set of keys.
pub struct Verifier {
    keys: Vec<(Kid, RsassaJwsVerifier)>,
}

impl Verifier {
    /// Takes the keys over; nothing is parsed later.
    ///
    /// # Errors
    /// [`JwsError::NoKeys`], [`JwsError::KidTwice`] or [`JwsError::Key`].
    pub fn new(keys: &[(Kid, PublicKey)]) -> Result<Self, JwsError> {
        if keys.is_empty() {
            return Err(JwsError::NoKeys);
        }
        let mut taken: Vec<(Kid, RsassaJwsVerifier)> = Vec::with_capacity(keys.len());
        for (kid, key) in keys {
            if taken.iter().any(|(other, _)| other == kid) {
                return Err(JwsError::KidTwice);
            }
            let der = key.spki_der().map_err(|_| JwsError::Key)?;
            let key = RS256.verifier_from_der(der).map_err(|_| JwsError::Key)?;
            taken.push((kid.clone(), key));
        }
        Ok(Self { keys: taken })
    }

    /// Verifies a UPI-JWS value over exactly these bytes. White space around the value is
    /// the HTTP header's, not its own.
    ///
    /// # Errors
    /// The first rule that it breaks: form, then algorithm and key, then critical names,
    /// then the signature, and only then what the claims say.
    pub fn verify(
        &self,
        jws: &str,
        body: &[u8],
        expected: &Expected<'_>,
    ) -> Result<Verified, JwsError> {
        let (encoded_header, encoded_signature) = parts(jws.trim_ascii())?;
        let header = Header::parse(encoded_header)?;
        let signature = BASE64URL.decode_to_vec(encoded_signature);
        let signature = signature.map_err(|_| JwsError::SignatureEncoding)?;
        rules::check_algorithm(&header)?;
        let (kid, key) = self.choose(&header)?;
        rules::check_critical(&header)?;
        key.verify(&signing_input(encoded_header, body), &signature)
            .map_err(|_| JwsError::Signature)?;
        let (upi_uuid, timestamp) = rules::check_claims(&header, expected)?;
        Ok(Verified {
            kid: kid.clone(),
            upi_uuid,
            timestamp,
        })
    }

    fn choose(&self, header: &Header) -> Result<&(Kid, RsassaJwsVerifier), JwsError> {
        let kid = header.get("kid").ok_or(JwsError::KidMissing)?;
        let kid = kid.as_str().ok_or(JwsError::KidNotText)?;
        self.keys
            .iter()
            .find(|(known, _)| known.as_str() == kid)
            .ok_or_else(|| JwsError::KidUnknown(Kid::parse(kid).ok()))
    }
}

/// Header and signature of a detached compact serialisation.
fn parts(jws: &str) -> Result<(&str, &str), JwsError> {
    if jws.len() > MAX_LENGTH {
        return Err(JwsError::TooLong);
    }
    let mut parts = jws.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(""), Some(signature), None) => Ok((header, signature)),
        (Some(_), Some(_), Some(_), None) => Err(JwsError::PayloadAttached),
        _ => Err(JwsError::NotThreeParts),
    }
}

/// One buffer of its final size: with the largest photo it has 275 KB.
fn signing_input(encoded_header: &str, body: &[u8]) -> WipedBytes {
    let length = encoded_header.len() + 1 + BASE64URL.encoded_length(body.len());
    let mut input = WipedBytes::with_capacity(length);
    input.extend_from_slice(encoded_header.as_bytes());
    input.push(b'.');
    BASE64URL.encode_append(body, &mut *input);
    input
}
