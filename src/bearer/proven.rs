//! Tokens that were verified a moment ago. Callers send one for many calls, and a verification costs
//! some tens of microseconds.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::claims::is_before;
use crate::domain::Identity;

/// Whoever can fill it has as many good tokens.
const MOST: usize = 4096;

/// Identities by the hash of the whole token, each until its token ends. It belongs to one set of
/// keys: what another one vouched for is verified anew.
#[derive(Default)]
pub(super) struct Proven(Mutex<HashMap<[u8; 32], (Identity, f64)>>);

impl Proven {
    pub(super) fn find(&self, token: &str, now: f64) -> Option<Identity> {
        let hash = blake3::hash(token.as_bytes());
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (identity, end) = known.get(hash.as_bytes())?;
        is_before(now, *end).then(|| identity.clone())
    }

    pub(super) fn note(&self, token: &str, identity: &Identity, end: f64, now: f64) {
        let hash = blake3::hash(token.as_bytes());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, (_, end)| is_before(now, *end));
        }
        if known.len() < MOST {
            known.insert(*hash.as_bytes(), (identity.clone(), end));
        }
    }
}
