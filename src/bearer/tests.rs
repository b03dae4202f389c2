//! Tokens that an issuer made with other code than checks them, and its keys behind a real port.

mod claims;
mod form;
pub mod issuer;
mod keys;
mod rotation;
pub mod server;

use std::sync::Arc;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Checker, KeySet, Settings, Source};
use crate::observe::Nobody;
use crate::verify::error::TokenFlaw;
use crate::verify::port::{Clock, Tokens as _};
use issuer::Signer;

pub const ISSUER: &str = "https://login.bank.example/";
pub const AUDIENCE: &str = "idphoto";

/// The tests' now, in seconds.
const NOW: i64 = 1_800_000_000;

/// A clock that stands.
struct Still;

impl Clock for Still {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(NOW).unwrap()
    }
}

/// Good at that time.
fn good() -> Value {
    good_at(NOW)
}

/// The same at another one.
pub fn good_at(now: i64) -> Value {
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "loans", "exp": now + 300, "nbf": now, "iat": now })
}

/// The same with another member, or without it when it is null.
fn with(name: &str, value: Value) -> Value {
    let mut claims = good();
    let members = claims.as_object_mut().unwrap();
    match value {
        Value::Null => drop(members.remove(name)),
        value => drop(members.insert(name.to_owned(), value)),
    }
    claims
}

pub fn settings(source: Source) -> Settings {
    Settings {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        source,
    }
}

/// Knows these keys.
fn checker(signers: &[&Signer]) -> Checker {
    let keys = KeySet::parse(&issuer::set(signers)).unwrap();
    let source = Source::File(Arc::new(keys));
    Checker::new(settings(source), Arc::new(Still), Arc::new(Nobody))
}

/// Whose the token is, or why it is nobody's.
async fn check(checker: &Checker, token: &str) -> Result<String, TokenFlaw> {
    let identity = checker.check(token).await?;
    Ok(identity.to_string())
}
