//! Checks tokens by the keys that are known, and waits for new keys where that is due.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::sync::watch::Receiver;
use tokio::time::timeout;

use super::claims;
use super::form::Token;
use super::reading::{InForce, Keys};
use super::source::{Settings, Source};
use crate::domain::Identity;
use crate::observe::Observer;
use crate::verify::error::TokenFlaw;
use crate::verify::port::{BoxFuture, Clock, Tokens};

/// So many calls wait for new keys at once. Their messages wait with them, and may fill the
/// connection of a proxy that others use, too; one more is refused at once.
const MOST_WAITING: usize = 32;

/// Checks the tokens of one issuer.
pub struct Checker {
    issuer: String,
    audience: String,
    keys: Arc<Keys>,
    waiting: Semaphore,
    clock: Arc<dyn Clock>,
}

impl Checker {
    /// With the keys of a file, or with none yet.
    #[must_use]
    pub fn new(settings: Settings, clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Self {
        Self {
            issuer: settings.issuer,
            audience: settings.audience,
            keys: Keys::of(settings.source, Arc::clone(&clock), observer),
            waiting: Semaphore::new(MOST_WAITING),
            clock,
        }
    }

    /// Reads the keys of a URL for the first time, or fails to; called before calls come.
    pub async fn begin(&self) {
        self.keys.read().await;
    }

    /// Reads the keys of a URL again and again. Never ends where there is one.
    pub async fn keep(&self) {
        self.keys.keep().await;
    }

    /// From now on the keys of this file count. Those of a URL are read again.
    pub fn renew(&self, source: &Source) {
        self.keys.renew(source);
    }

    fn prove(&self, token: &str, current: &InForce) -> Result<Identity, TokenFlaw> {
        let now = self.clock.now();
        let seconds = claims::seconds(now);
        if let Some(identity) = current.proven.find(token, seconds) {
            return Ok(identity);
        }
        let parts = Token::parse(token)?;
        let keys = current.keys.as_ref().ok_or(TokenFlaw::NoKeys)?;
        keys.verify(&parts)?;
        let expected = (self.issuer.as_str(), self.audience.as_str());
        let (identity, end) = claims::check(parts.claims, expected, now)?;
        current.proven.note(token, &identity, end, seconds);
        Ok(identity)
    }

    /// Whether keys may have been read since. Waits for that, if it is due and not too many wait.
    async fn are_new(&self, readings: &mut Receiver<u64>) -> bool {
        let (Some(pace), Ok(_waiting)) = (self.keys.pace(), self.waiting.try_acquire()) else {
            return false;
        };
        if self.keys.is_being_read(pace.gap) {
            // What is read is judged afterwards, whether it came or not.
            let _ = timeout(pace.wait, readings.changed()).await;
            return true;
        }
        // One may have ended between the look at the keys and now.
        readings.has_changed().unwrap_or_default()
    }
}

impl Tokens for Checker {
    fn check<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Identity, TokenFlaw>> {
        Box::pin(async move {
            let mut readings = self.keys.readings();
            match self.prove(token, &self.keys.current()) {
                Err(TokenFlaw::UnknownKey | TokenFlaw::NoKeys)
                    if self.are_new(&mut readings).await =>
                {
                    self.prove(token, &self.keys.current())
                }
                proven => proven,
            }
        })
    }
}
