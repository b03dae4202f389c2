//! The issuer's public keys: a JSON Web Key Set (RFC 7517).

use std::fmt;

use josekit::jwk::Jwk;
use josekit::jws::JwsVerifier;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::algorithm::Algorithm;
use super::form::Token;
use crate::verify::error::TokenFlaw;

/// Real ones have a few keys of a few hundred bytes, some with certificates.
pub(super) const LARGEST: usize = 256 * 1024;
const MOST_KEYS: usize = 64;

/// Of an RSA key of 8192 bits, in base64url. A larger one would take long to verify by.
const LONGEST_MODULUS: usize = 1366;

/// Why a set cannot be used. It never holds any part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// No sensible issuer has so many bytes of keys.
    #[error("is larger than 256 KiB")]
    TooLarge,
    /// Other JSON, or none.
    #[error("is no JSON Web Key Set: a JSON object with a list \"keys\"")]
    NotASet,
    /// No sensible issuer has so many.
    #[error("has more than 64 keys")]
    TooMany,
    /// Whoever can read the set can make tokens.
    #[error("holds a private or a secret key")]
    Private,
    /// None of them signs.
    #[error(
        "has no key with a kid for RS256, PS256 (RSA of 2048 to 8192 bits), ES256 (P-256) or EdDSA \
         (Ed25519)"
    )]
    NoKey,
}

/// The keys that tokens are verified by.
pub struct KeySet {
    keys: Vec<Key>,
    count: usize,
}

/// One way in which a key signs.
struct Key {
    kid: String,
    algorithm: Algorithm,
    verifier: Box<dyn JwsVerifier>,
}

#[derive(Deserialize)]
struct Listed {
    keys: Vec<Map<String, Value>>,
}

impl KeySet {
    /// Reads a set. Keys that sign nothing that is admitted here are left out.
    ///
    /// # Errors
    /// It is no set, or has no key that can be used.
    pub fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        if json.len() > LARGEST {
            return Err(KeySetError::TooLarge);
        }
        let Ok(Listed { keys }) = serde_json::from_slice(json) else {
            return Err(KeySetError::NotASet);
        };
        if keys.len() > MOST_KEYS {
            return Err(KeySetError::TooMany);
        }
        // Of all types but the symmetric one, which has "k".
        if keys
            .iter()
            .any(|key| key.contains_key("d") || key.contains_key("k"))
        {
            return Err(KeySetError::Private);
        }
        let ways: Vec<_> = keys.into_iter().map(ways).collect();
        let count = ways.iter().filter(|ways| !ways.is_empty()).count();
        let keys: Vec<_> = ways.into_iter().flatten().collect();
        match count {
            0 => Err(KeySetError::NoKey),
            _ => Ok(Self { keys, count }),
        }
    }

    /// How many keys can be used.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Whether the token was signed by the key that it names.
    pub(super) fn verify(&self, token: &Token<'_>) -> Result<(), TokenFlaw> {
        let mut named = self
            .keys
            .iter()
            .filter(|key| key.kid == token.kid)
            .peekable();
        named.peek().ok_or(TokenFlaw::UnknownKey)?;
        let key = named.find(|key| key.algorithm == token.algorithm);
        let verifier = &key.ok_or(TokenFlaw::KeyMismatch)?.verifier;
        let verified = verifier.verify(token.signed, &token.signature);
        verified.map_err(|_| TokenFlaw::Signature)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySet({} keys)", self.count)
    }
}

fn ways(key: Map<String, Value>) -> Vec<Key> {
    let modulus = key.get("n").and_then(Value::as_str).unwrap_or_default();
    if modulus.len() > LONGEST_MODULUS {
        return Vec::new();
    }
    let Ok(key) = Jwk::from_map(key) else {
        return Vec::new();
    };
    let Some(kid) = key.key_id() else {
        return Vec::new();
    };
    let way = |algorithm: Algorithm| {
        Some(Key {
            kid: kid.to_owned(),
            algorithm,
            verifier: algorithm.verifier(&key)?,
        })
    };
    Algorithm::ALL.into_iter().filter_map(way).collect()
}
