//! Ports under a test's control.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;
use tokio::sync::Notify;

use super::port::{
    Attempt, BoxFuture, CallError, Cause, Claim, Claimed, Count, Fingerprint, Gateway, Ledger,
    LedgerError, Record, SealError, Sealed, Settled, Settlement, SystemClock,
};
use crate::domain::{Answer, Budget, Confidence, OrderId, Outcome, Verification};
use crate::ledger::{Fingerprinter, MemoryLedger};

/// What a scripted UPI does with a request.
pub type Script = fn() -> Result<Answer, CallError>;

/// A UPI that answers when the test says so.
pub struct Upi {
    script: Mutex<Script>,
    held: AtomicBool,
    release: Notify,
    pub posts: AtomicUsize,
    seals: AtomicUsize,
    pub seal_fails: AtomicBool,
    /// Whether the token with its key is away.
    pub no_signature: AtomicBool,
    pub send_panics: AtomicBool,
    /// Whether it takes connections of those who send nothing.
    pub seen: AtomicBool,
    pub looks: AtomicUsize,
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
            script: Mutex::new(script),
            held: AtomicBool::new(held),
            release: Notify::new(),
            posts: AtomicUsize::new(0),
            seals: AtomicUsize::new(0),
            seal_fails: AtomicBool::new(false),
            no_signature: AtomicBool::new(false),
            send_panics: AtomicBool::new(false),
            seen: AtomicBool::new(true),
            looks: AtomicUsize::new(0),
        }
    }

    /// Does so with all further requests.
    pub fn reply(&self, script: Script) {
        *self.script.lock().unwrap() = script;
    }

    /// From now on answers wait for their release, or do not.
    pub fn hold(&self, held: bool) {
        self.held.store(held, Ordering::SeqCst);
    }

    pub fn release(&self) {
        self.release.notify_one();
    }

    pub fn seals(&self) -> usize {
        self.seals.load(Ordering::SeqCst)
    }

    pub fn posts(&self) -> usize {
        self.posts.load(Ordering::SeqCst)
    }
}

impl Gateway for Upi {
    fn seal<'a>(&'a self, _: &'a Verification) -> BoxFuture<'a, Result<Sealed, SealError>> {
        Box::pin(async {
            if self.seal_fails.load(Ordering::SeqCst) {
                return Err(SealError::Fault(cause()));
            }
            if self.no_signature.load(Ordering::SeqCst) {
                return Err(SealError::NoSignature(cause()));
            }
            Ok(Sealed {
                body: Bytes::new(),
                signature: String::new(),
                upi_uuid: format!("{:032x}", self.seals.fetch_add(1, Ordering::SeqCst)),
                jws_sha256: [0; 32],
            })
        })
    }

    fn send(&self, _: Sealed) -> BoxFuture<'_, Result<Answer, CallError>> {
        self.posts.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {
            assert!(
                !self.send_panics.load(Ordering::SeqCst),
                "as the test asked"
            );
            if self.held.load(Ordering::SeqCst) {
                self.release.notified().await;
            }
            let script = *self.script.lock().unwrap();
            script()
        })
    }

    fn look(&self) -> BoxFuture<'_, Result<(), Cause>> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        let seen = self.seen.load(Ordering::SeqCst);
        Box::pin(async move { if seen { Ok(()) } else { Err(cause()) } })
    }

    fn connections(&self) -> u64 {
        0
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

/// The memory engine, failing at steps that a test names: `claim`, `settle`, `find`, `beat` fail
/// and write nothing, `claim lost` writes and cannot say so, `claim unsure` does not write and
/// cannot say so.
pub struct Engine {
    memory: Arc<MemoryLedger>,
    /// Whose digests are made, if not this one's.
    keys: Option<Arc<MemoryLedger>>,
    failures: Mutex<Vec<&'static str>>,
    after_claim: Mutex<Option<&'static str>>,
    /// Another gateway's claim, which comes before the next one of ours.
    rival: Mutex<Option<Claim>>,
    claim_takes: Duration,
    find_takes: Mutex<Duration>,
}

impl Engine {
    /// Each step named fails once per mention.
    pub fn failing(steps: &[&'static str]) -> Arc<Self> {
        Arc::new(Self {
            memory: Arc::new(MemoryLedger::new(
                Arc::new(SystemClock),
                Fingerprinter::ephemeral().unwrap(),
            )),
            keys: None,
            failures: Mutex::new(steps.to_vec()),
            after_claim: Mutex::default(),
            rival: Mutex::default(),
            claim_takes: Duration::ZERO,
            find_takes: Mutex::default(),
        })
    }

    /// The same, and the claim is written at once, of which one learns so much later.
    pub fn slow(steps: &[&'static str], claim_takes: Duration) -> Arc<Self> {
        let engine = Arc::into_inner(Self::failing(steps)).unwrap();
        Arc::new(Self {
            claim_takes,
            ..engine
        })
    }

    /// From now on a row is read at once, and what it said is known so much later.
    pub fn slow_to_find(&self, find_takes: Duration) {
        *self.find_takes.lock().unwrap() = find_takes;
    }

    /// One more failure.
    pub fn fail(&self, step: &'static str) {
        self.failures.lock().unwrap().push(step);
    }

    /// One more, once an order has been claimed.
    pub fn fail_after_claim(&self, step: &'static str) {
        *self.after_claim.lock().unwrap() = Some(step);
    }

    /// Another gateway will have claimed this between our look and our claim.
    pub fn raced_by(&self, request: Verification) {
        *self.rival.lock().unwrap() = Some(Claim {
            digest: self.memory.fingerprint(&request).current(),
            attempt: Attempt {
                order_id: request.order_id,
                upi_uuid: "f".repeat(32),
            },
            consent: request.consent,
            jws_sha256: [0; 32],
            caller: request.caller,
            budget: Budget::default(),
        });
    }

    /// The same orders, under the keys of another.
    pub fn with_keys_of(&self, other: &Self) -> Self {
        Self {
            memory: Arc::clone(&self.memory),
            keys: Some(Arc::clone(&other.memory)),
            failures: Mutex::default(),
            after_claim: Mutex::default(),
            rival: Mutex::default(),
            claim_takes: Duration::ZERO,
            find_takes: Mutex::default(),
        }
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
        self.keys
            .as_ref()
            .unwrap_or(&self.memory)
            .fingerprint(request)
    }

    fn claim(&self, claim: Claim) -> BoxFuture<'_, Result<Claimed, LedgerError>> {
        if let Some(rival) = self.rival.lock().unwrap().take() {
            drop(self.memory.claim(rival));
        }
        let claimed = self.unless_failing("claim", || match () {
            () if self.fails("claim unsure") => {
                Box::pin(async { Err(LedgerError::Uncertain(cause())) })
            }
            () if self.fails("claim lost") => {
                drop(self.memory.claim(claim));
                Box::pin(async { Err(LedgerError::Uncertain(cause())) })
            }
            () => self.memory.claim(claim),
        });
        self.failures
            .lock()
            .unwrap()
            .extend(self.after_claim.lock().unwrap().take());
        Box::pin(async {
            tokio::time::sleep(self.claim_takes).await;
            claimed.await
        })
    }

    fn settle(
        &self,
        attempt: &Attempt,
        end: Settlement,
    ) -> BoxFuture<'_, Result<Settled, LedgerError>> {
        assert!(!self.fails("settle panics"), "as the test asked");
        self.unless_failing("settle", || self.memory.settle(attempt, end))
    }

    fn sweep(&self) -> BoxFuture<'_, Result<u64, LedgerError>> {
        self.unless_failing("sweep", || self.memory.sweep())
    }

    fn counts(&self) -> BoxFuture<'_, Result<Vec<Count>, LedgerError>> {
        self.unless_failing("counts", || self.memory.counts())
    }

    fn beat(&self) -> BoxFuture<'_, Result<(), LedgerError>> {
        self.unless_failing("beat", || self.memory.beat())
    }

    fn find(&self, id: &OrderId) -> BoxFuture<'_, Result<Option<Record>, LedgerError>> {
        let found = self.unless_failing("find", || self.memory.find(id));
        let takes = *self.find_takes.lock().unwrap();
        Box::pin(async move {
            tokio::time::sleep(takes).await;
            found.await
        })
    }
}
