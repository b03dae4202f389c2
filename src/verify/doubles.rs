//! Ports under a test's control.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use time::OffsetDateTime;
use tokio::sync::Notify;

use super::port::{
    BoxFuture, CallError, Cause, Claim, Claimed, Fingerprint, Gateway, Ledger, LedgerError, Record,
    Sealed, Settlement, SystemClock,
};
use crate::domain::{Answer, Confidence, OrderId, Outcome, Verification};
use crate::ledger::MemoryLedger;

/// What a scripted UPI does with a request.
pub type Script = fn() -> Result<Answer, CallError>;

/// A UPI that answers when the test says so.
pub struct Upi {
    script: Script,
    held: bool,
    release: Notify,
    pub posts: AtomicUsize,
    pub seal_fails: AtomicBool,
    pub send_panics: AtomicBool,
}

impl Upi {
    /// Answers at once.
    pub fn prompt(script: Script) -> Arc<Self> {
        Arc::new(Self::new(script, false))
    }

    /// Answers each call after one [`Upi::release`].
    pub fn held(script: Script) -> Arc<Self> {
        Arc::new(Self::new(script, true))
    }

    fn new(script: Script, held: bool) -> Self {
        Self {
            script,
            held,
            release: Notify::new(),
            posts: AtomicUsize::new(0),
            seal_fails: AtomicBool::new(false),
            send_panics: AtomicBool::new(false),
        }
    }

    pub fn release(&self) {
        self.release.notify_one();
    }

    pub fn posts(&self) -> usize {
        self.posts.load(Ordering::SeqCst)
    }
}

impl Gateway for Upi {
    fn seal(&self, _: &Verification) -> Result<Sealed, Cause> {
        if self.seal_fails.load(Ordering::SeqCst) {
            return Err(cause());
        }
        Ok(Sealed {
            body: Bytes::new(),
            signature: String::new(),
            upi_uuid: String::new(),
        })
    }

    fn send(&self, _: Sealed) -> BoxFuture<'_, Result<Answer, CallError>> {
        self.posts.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {
            assert!(
                !self.send_panics.load(Ordering::SeqCst),
                "as the test asked"
            );
            if self.held {
                self.release.notified().await;
            }
            (self.script)()
        })
    }
}

/// Confidence 97.
pub fn answer() -> Answer {
    Answer {
        outcome: Outcome::Comparison(Confidence::new(97).unwrap()),
        upi_uuid: "0123456789abcdef0123456789abcdef".to_owned(),
        answered_at: OffsetDateTime::UNIX_EPOCH,
    }
}

pub fn cause() -> Cause {
    Arc::new(std::fmt::Error)
}

/// The memory engine, failing at steps that a test names.
pub struct Engine {
    memory: MemoryLedger,
    failures: Mutex<Vec<&'static str>>,
}

impl Engine {
    /// Each step named fails once per mention.
    pub fn failing(steps: &[&'static str]) -> Arc<Self> {
        Arc::new(Self {
            memory: MemoryLedger::new(Arc::new(SystemClock)).unwrap(),
            failures: Mutex::new(steps.to_vec()),
        })
    }

    fn fails(&self, step: &str) -> bool {
        let mut failures = self.failures.lock().unwrap();
        let found = failures.iter().position(|failure| *failure == step);
        found.map(|index| failures.remove(index)).is_some()
    }

    fn unless_failing<'a, T: Send + 'a>(
        &'a self,
        step: &str,
        go: impl FnOnce() -> BoxFuture<'a, Result<T, LedgerError>>,
    ) -> BoxFuture<'a, Result<T, LedgerError>> {
        if self.fails(step) {
            return Box::pin(async { Err(LedgerError::Engine(cause())) });
        }
        go()
    }
}

impl Ledger for Engine {
    fn fingerprint(&self, request: &Verification) -> Fingerprint {
        self.memory.fingerprint(request)
    }

    fn claim(&self, claim: Claim) -> BoxFuture<'_, Result<Claimed, LedgerError>> {
        self.unless_failing("claim", || self.memory.claim(claim))
    }

    fn sending(&self, id: &OrderId) -> BoxFuture<'_, Result<(), LedgerError>> {
        self.unless_failing("sending", || self.memory.sending(id))
    }

    fn settle(&self, id: &OrderId, end: Settlement) -> BoxFuture<'_, Result<(), LedgerError>> {
        self.unless_failing("settle", || self.memory.settle(id, end))
    }

    fn find(&self, id: &OrderId) -> BoxFuture<'_, Result<Option<Record>, LedgerError>> {
        self.unless_failing("find", || self.memory.find(id))
    }
}
