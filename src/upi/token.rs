//! A signing key that never is in our memory: it stays in a token (an HSM, a smart card), which signs
//! by it, through PKCS#11 2.40.
//!
//! The token gets the digest of a request, and nothing else of it. Its functions are native code of
//! its maker within this process, and may hang: see [`pool`].

// Without the feature nothing ever opens a token.
#![cfg_attr(not(feature = "pkcs11"), allow(dead_code))]

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::oneshot;

mod error;
mod facts;
mod gate;
#[cfg(feature = "pkcs11")]
mod module;
mod pool;
mod queue;
#[cfg(feature = "pkcs11")]
mod session;
#[cfg(test)]
mod tests;
mod threads;

pub use error::{Part, TokenError};
pub use queue::Tally;
pub use threads::end_all;

use super::key::PublicKey;
use crate::domain::Secret;
use facts::Facts;
use pool::Pool;

/// SHA-256 of nothing: what is signed to see whether a key signs.
const SAMPLE: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// To load, to log in and to find takes longer than to sign.
const PATIENCE_AT_FIRST: u32 = 5;

/// All keys of the process: a key that is named again, by a reload, keeps its sessions.
static KEYS: Mutex<Vec<(TokenSettings, Weak<Inner>)>> = Mutex::new(Vec::new());

/// Where a key is, and how it is used.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSettings {
    /// The library of the token's maker.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// The key's label, `CKA_LABEL`.
    pub label: String,
    /// The key's id, `CKA_ID`, where the label alone does not tell.
    pub id: Option<Vec<u8>>,
    /// The file with the PIN.
    pub pin_file: PathBuf,
    /// As many signatures are made at once.
    pub sessions: usize,
    /// So long one may take.
    pub timeout: Duration,
}

/// Reads a file with a PIN, at each login: it is not kept.
pub type ReadPin = fn(&Path) -> Result<Secret<String>, String>;

/// A private key in a token; clones share its sessions.
#[derive(Clone)]
pub struct TokenKey(Arc<Inner>);

struct Inner {
    pool: Pool,
    timeout: Duration,
    facts: Arc<OnceLock<Facts>>,
}

impl TokenKey {
    /// Opens the key and signs a sample, which is verified by its public half. It takes up to five
    /// times the time limit of a signature, and blocks for as long.
    ///
    /// # Errors
    /// Why it does not sign now. A PIN that was refused before is tried once more.
    pub fn open(settings: &TokenSettings, read_pin: ReadPin) -> Result<Self, TokenError> {
        let key = Self::of(settings, read_pin)?;
        key.0.pool.try_again();
        key.sign_within(&SAMPLE, key.0.timeout * PATIENCE_AT_FIRST)?;
        Ok(key)
    }

    fn of(settings: &TokenSettings, read_pin: ReadPin) -> Result<Self, TokenError> {
        let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|(_, key)| key.strong_count() > 0);
        let known = keys.iter().find(|(known, _)| known == settings);
        if let Some(key) = known.and_then(|(_, key)| key.upgrade()) {
            return Ok(Self(key));
        }
        let facts = Arc::default();
        let key = Arc::new(Inner {
            pool: start(settings, read_pin, &facts)?,
            timeout: settings.timeout,
            facts,
        });
        keys.push((settings.clone(), Arc::downgrade(&key)));
        Ok(Self(key))
    }

    /// The RS256 signature over what has this SHA-256.
    ///
    /// # Errors
    /// Why the token does not sign, at the latest when `timeout` is over.
    pub async fn sign(&self, digest: &[u8; 32]) -> Result<Vec<u8>, TokenError> {
        let (sender, receiver) = oneshot::channel();
        let reply = Box::new(move |signed| {
            // Who has gone does not want it.
            let _ = sender.send(signed);
        });
        self.0.pool.submit(*digest, self.0.timeout, reply);
        match tokio::time::timeout(self.0.timeout, receiver).await {
            Ok(Ok(signed)) => signed,
            Ok(Err(_)) => Err(TokenError::Ended),
            Err(_) => Err(TokenError::TimedOut),
        }
    }

    /// The same, and blocks.
    ///
    /// # Errors
    /// As [`TokenKey::sign`].
    pub fn sign_blocking(&self, digest: &[u8; 32]) -> Result<Vec<u8>, TokenError> {
        self.sign_within(digest, self.0.timeout)
    }

    fn sign_within(&self, digest: &[u8; 32], patience: Duration) -> Result<Vec<u8>, TokenError> {
        let (sender, receiver) = sync_channel(1);
        let reply = Box::new(move |signed| {
            let _ = sender.send(signed);
        });
        self.0.pool.submit(*digest, patience, reply);
        match receiver.recv_timeout(patience) {
            Ok(signed) => signed,
            Err(RecvTimeoutError::Timeout) => Err(TokenError::TimedOut),
            Err(RecvTimeoutError::Disconnected) => Err(TokenError::Ended),
        }
    }

    /// The public half; `None` before the key was opened.
    #[must_use]
    pub fn public(&self) -> Option<PublicKey> {
        let facts = self.0.facts.get()?;
        Some(PublicKey::of(facts.public.clone()))
    }

    /// Whether the private half can be taken out of the token.
    #[must_use]
    pub fn is_extractable(&self) -> bool {
        let facts = self.0.facts.get();
        facts.is_some_and(|facts| facts.is_extractable)
    }
}

/// How the sessions of all keys stand: token, label, and the numbers.
#[must_use]
pub fn sessions() -> Vec<(String, String, Tally)> {
    let keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
    let stand = |(settings, key): &(TokenSettings, Weak<Inner>)| {
        let tally = key.upgrade()?.pool.tally();
        Some((settings.token.clone(), settings.label.clone(), tally))
    };
    keys.iter().filter_map(stand).collect()
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey([in a token])")
    }
}

#[cfg(feature = "pkcs11")]
fn start(
    settings: &TokenSettings,
    read_pin: ReadPin,
    facts: &Arc<OnceLock<Facts>>,
) -> Result<Pool, TokenError> {
    let sessions = session::Sessions::new(settings.clone(), read_pin, Arc::clone(facts));
    Pool::start(Box::new(sessions), settings.sessions, settings.timeout)
}

#[cfg(not(feature = "pkcs11"))]
fn start(_: &TokenSettings, _: ReadPin, _: &Arc<OnceLock<Facts>>) -> Result<Pool, TokenError> {
    Err(TokenError::NotBuilt)
}
