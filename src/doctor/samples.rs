//! Each key at its work, on a sample that holds nothing.

use std::time::Duration;

use super::finding::Finding;
use crate::app::{Half, KeyRole, Material};
use crate::upi::jwe::{JweError, Sealer};
use crate::upi::jws::{Claims, Expected, JwsError, SigningKey, Verifier};
use crate::upi::key::{Kid, PublicKey};

const CHECK: &str = "sample";
const BODY: &[u8] = br#"{"sample":"nobody"}"#;
const APP_ID: &str = "sample";
const PATH: &str = "/sample";
const NOW: i64 = 1_767_225_600;
const ADVICE: &str = "replace the key file by a fresh copy of the original";

const SIGNED: &str = "a sample was signed, and verified with the public half; whether UPI has this \
                      key under the kid shows only in its answer";
const SEALED: &str = "a sample was encrypted; whether UPI can decrypt it is not proven, that needs \
                      UPI's private key";
const REFUSES: &str = "the key refuses a signature that is not UPI's; whether UPI signs with it \
                       shows only in its answer";

/// Why a key of UPI's does not refuse our signature.
#[derive(Debug, thiserror::Error)]
enum NoRefusal {
    #[error("the key takes our own signature for UPI's")]
    Ours,
    #[error(transparent)]
    Unusable(#[from] JwsError),
}

/// What the keys can do.
pub fn examine(keys: &[Material]) -> Vec<Finding> {
    let ours = keys
        .iter()
        .find_map(|material| match material.half.as_ref()? {
            Half::Private(private) => Some(private),
            Half::Public(_) => None,
        });
    let samples = keys.iter().filter_map(|material| sample(material, ours));
    samples.collect()
}

fn sample(material: &Material, ours: Option<&SigningKey>) -> Option<Finding> {
    let half = material.half.as_ref()?;
    // A kid that is not valid has been named; the key can be tried all the same.
    let kid = material.kid.clone().or_else(|| Kid::parse(APP_ID).ok())?;
    let key = material.source();
    Some(match half {
        Half::Private(private) => verdict(key, signed(&kid, private), SIGNED),
        Half::Public(public) if material.role == KeyRole::Encryption => {
            verdict(key, sealed(&kid, public), SEALED)
        }
        Half::Public(public) => verdict(key, refuses(&kid, public, ours?), REFUSES),
    })
}

fn verdict<E: std::fmt::Display>(key: String, tried: Result<(), E>, proven: &str) -> Finding {
    match tried {
        Ok(()) => Finding::ok(CHECK, key, proven),
        Err(error) => Finding::wrong(CHECK, key, error.to_string(), ADVICE),
    }
}

fn signed(kid: &Kid, private: &SigningKey) -> Result<(), JwsError> {
    let public = private.public().map_err(|_| JwsError::Key)?;
    let jws = private.signer(kid)?.sign(&claims(), BODY)?;
    Verifier::new(&[(kid.clone(), public)])?
        .verify(&jws, BODY, &expected())
        .map(drop)
}

fn sealed(kid: &Kid, public: &PublicKey) -> Result<(), JweError> {
    Sealer::new(kid, public)?.seal(BODY).map(drop)
}

/// Our signature under UPI's kid must fail exactly where UPI's key comes in.
fn refuses(kid: &Kid, public: &PublicKey, ours: &SigningKey) -> Result<(), NoRefusal> {
    let verifier = Verifier::new(&[(kid.clone(), public.clone())])?;
    let jws = ours.signer(kid)?.sign(&claims(), BODY)?;
    match verifier.verify(&jws, BODY, &expected()) {
        Err(JwsError::Signature) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(NoRefusal::Ours),
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
