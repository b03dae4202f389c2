//! What a token says, once its signature was verified.

use serde::Deserialize;
use time::OffsetDateTime;

use super::form::object;
use crate::domain::{Identity, subject};
use crate::verify::error::TokenFlaw;

/// How far the issuer's clock may be from ours, in seconds.
pub(super) const LEEWAY: f64 = 60.0;

/// Times are seconds since 1970, and may have a fraction (RFC 7519, section 2).
#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audience>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn holds(&self, wanted: &str) -> bool {
        match self {
            Self::One(only) => only == wanted,
            Self::Several(all) => all.iter().any(|one| one == wanted),
        }
    }
}

/// Who it is about, and until when.
pub(super) fn check(
    claims: &str,
    (issuer, audience): (&str, &str),
    now: OffsetDateTime,
) -> Result<(Identity, f64), TokenFlaw> {
    let claims: Claims = object(claims)?;
    let now = seconds(now);
    if claims.iss.as_deref() != Some(issuer) {
        return Err(TokenFlaw::Issuer);
    }
    if !claims.aud.is_some_and(|aud| aud.holds(audience)) {
        return Err(TokenFlaw::Audience);
    }
    let end = claims.exp.ok_or(TokenFlaw::NoEnd)?;
    if !is_before(now, end) {
        return Err(TokenFlaw::Expired);
    }
    let is_to_come = |at: Option<f64>| at.is_some_and(|at| now + LEEWAY < at);
    if is_to_come(claims.nbf) {
        return Err(TokenFlaw::NotYet);
    }
    if is_to_come(claims.iat) {
        return Err(TokenFlaw::IssuedLater);
    }
    let text = claims.sub.as_deref().and_then(subject);
    let identity = Identity::new(vec![text.ok_or(TokenFlaw::Subject)?]);
    Ok((identity, end))
}

/// Whether a token that ends then is still good.
pub(super) fn is_before(now: f64, end: f64) -> bool {
    now < end + LEEWAY
}

/// Since 1970.
pub(super) fn seconds(at: OffsetDateTime) -> f64 {
    (at - OffsetDateTime::UNIX_EPOCH).as_seconds_f64()
}
