//! A token's form: what can be said of it before any key is looked for.

use base64_simd::{Base64, URL_SAFE_NO_PAD};
use serde::de::{Deserialize, Deserializer, IgnoredAny};

use super::algorithm::Algorithm;
use crate::verify::error::TokenFlaw;

/// Base64url without padding (RFC 7515, section 2): no white space, no other alphabet.
pub(super) const BASE64URL: Base64 = URL_SAFE_NO_PAD;

/// Those of issuers that put every group of a user into them have some thousand bytes.
pub(super) const LONGEST: usize = 16 * 1024;

/// A token, in parts. Nothing of it is believed yet.
pub(super) struct Token<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) kid: String,
    /// What is signed: header and claims as they came.
    pub(super) signed: &'a [u8],
    pub(super) claims: &'a str,
    pub(super) signature: Vec<u8>,
}

/// A member that stands there twice is an error, as RFC 7515 wants it.
#[derive(serde::Deserialize)]
struct Header {
    alg: Option<String>,
    kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl<'a> Token<'a> {
    /// Takes a token apart.
    pub(super) fn parse(token: &'a str) -> Result<Self, TokenFlaw> {
        if token.len() > LONGEST {
            return Err(TokenFlaw::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenFlaw::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenFlaw::Malformed)?;
        if claims.contains('.') {
            return Err(TokenFlaw::Malformed);
        }
        let signature = BASE64URL.decode_to_vec(signature);
        let signature = signature.map_err(|_| TokenFlaw::Malformed)?;
        let header: Header = object(header)?;
        if header.crit {
            return Err(TokenFlaw::Critical);
        }
        Ok(Self {
            algorithm: Algorithm::named(&header.alg.ok_or(TokenFlaw::Algorithm)?)?,
            kid: header.kid.ok_or(TokenFlaw::NoKid)?,
            signed: signed.as_bytes(),
            claims,
            signature,
        })
    }
}

/// A JSON object in base64url.
pub(super) fn object<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, TokenFlaw> {
    let json = BASE64URL.decode_to_vec(part);
    let json = json.map_err(|_| TokenFlaw::Malformed)?;
    // An array would do for a struct, too.
    let is_object = json.trim_ascii_start().starts_with(b"{");
    let read = serde_json::from_slice(&json).ok().filter(|_| is_object);
    read.ok_or(TokenFlaw::Malformed)
}
