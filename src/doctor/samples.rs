//! Each key at its work, on a sample that holds nothing.

use std::time::Duration;

use super::finding::Finding;
use super::material::{Half, Material};
use crate::app::KeyRole;
use crate::upi::jwe::{JweError, Sealer};
use crate::upi::jws::{Claims, Expected, JwsError, Signer, Verifier};
use crate::upi::key::{Kid, PrivateKey, PublicKey};

const CHECK: &str = "sample";
const BODY: &[u8] = br#"{"sample":"nobody"}"#;
const APP_ID: &str = "sample";
const PATH: &str = "/sample";
const NOW: i64 = 1_767_225_600;
const ADVICE: &str = "replace the key file by a fresh copy of the original";

/// What the keys can do.
pub fn examine(keys: &[Material]) -> Vec<Finding> {
    keys.iter().filter_map(sample).collect()
}

fn sample(material: &Material) -> Option<Finding> {
    let half = material.loaded.as_ref()?.as_ref().ok()?;
    // A kid that is none has been named; the key can be tried all the same.
    let kid = Kid::parse(material.kid.as_deref().unwrap_or(APP_ID));
    let kid = kid.or_else(|_| Kid::parse(APP_ID)).ok()?;
    let key = material.key("key_file");
    Some(match half {
        Half::Private(private) => verdict(key, signed(&kid, private), SIGNED),
        Half::Public(public) if material.role == KeyRole::Encryption => {
            verdict(key, sealed(&kid, public), SEALED)
        }
        Half::Public(public) => verdict(key, ready(&kid, public), READY),
    })
}

const SIGNED: &str = "a sample was signed, and verified with the public half; whether UPI has this \
                      key under the kid shows only in its answer";
const SEALED: &str = "a sample was encrypted; whether UPI can decrypt it is not proven, that needs \
                      UPI's private key";
const READY: &str = "the key refused a signature that is not UPI's, as it must; whether UPI signs \
                     with it shows only in its answer";

fn verdict<E: std::fmt::Display>(key: String, tried: Result<(), E>, proven: &str) -> Finding {
    match tried {
        Ok(()) => Finding::ok(CHECK, key, proven),
        Err(error) => Finding::wrong(CHECK, key, error.to_string(), ADVICE),
    }
}

/// Signs with our key and verifies with its public half.
fn signed(kid: &Kid, private: &PrivateKey) -> Result<(), JwsError> {
    let public = private.public().map_err(|_| JwsError::Key)?;
    let jws = Signer::new(kid, private)?.sign(&claims(), BODY)?;
    Verifier::new(&[(kid.clone(), public)])?
        .verify(&jws, BODY, &expected())
        .map(drop)
}

fn sealed(kid: &Kid, public: &PublicKey) -> Result<(), JweError> {
    Sealer::new(kid, public)?.seal(BODY).map(drop)
}

/// A signature by nobody must break exactly where the key comes in.
fn ready(kid: &Kid, public: &PublicKey) -> Result<(), JwsError> {
    let verifier = Verifier::new(&[(kid.clone(), public.clone())])?;
    let stranger = PrivateKey::generate().map_err(|_| JwsError::Key)?;
    let jws = Signer::new(kid, &stranger)?.sign(&claims(), BODY)?;
    match verifier.verify(&jws, BODY, &expected()) {
        Err(JwsError::Signature) => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(JwsError::Key),
    }
}

const fn claims() -> Claims<'static> {
    Claims {
        upi_uuid: "00000000000040008000000000000000",
        timestamp: NOW,
        app_id: APP_ID,
        request_path: Some(PATH),
    }
}

const fn expected() -> Expected<'static> {
    Expected {
        app_id: APP_ID,
        request_path: PATH,
        require_request_path: true,
        now: NOW,
        window: Duration::from_secs(1),
    }
}
