//! The record of orders: what is written before a request is sent, and after.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use super::{BoxFuture, Cause};
use crate::domain::{Answer, Budget, CallerName, Consent, OrderId, Span, Verification};

/// The record of orders. One state machine, whatever the engine:
///
/// ```text
///             claim                  settle
///  (new) ───────────────► SENDING ───────────► ANSWERED
///  NOT_SENT ────────────►   │  ├─────────────► NOT_SENT
///                           │  └─────────────► OUTCOME_UNKNOWN ──► ANSWERED, NOT_SENT
///                           └── its owner died ─► OUTCOME_UNKNOWN
/// ```
///
/// Only the owner of an attempt settles it, and only its proof makes an order NOT_SENT, after
/// which it may be claimed again. Anybody may say that an owner is dead, even one that is not:
/// nobody sends the order because of it, and its owner's word still counts when it comes.
///
/// A row holds no personal data: the content of a request is known by a keyed digest.
pub trait Ledger: Send + Sync + 'static {
    /// The keyed digests by which content is told apart.
    fn fingerprint(&self, request: &Verification) -> Fingerprint;

    /// What is known of an order id.
    fn find(&self, id: &OrderId) -> BoxFuture<'_, Result<Option<Record>, LedgerError>>;

    /// Claims an order id for one attempt, atomically: a new id, or one that is NOT_SENT with the
    /// same content. Any other is returned as it stands. Durable when it returns: only then may a
    /// byte leave.
    ///
    /// A claim of a caller that has a budget is counted in the same step, to its day and its month,
    /// or refused; so is one of a caller that an operator stopped. What is refused leaves no trace.
    /// An end as NOT_SENT gives back, in the same step, what its attempt was counted.
    fn claim(&self, claim: Claim) -> BoxFuture<'_, Result<Claimed, LedgerError>>;

    /// Ends an attempt of this process; the same end twice is no error. Durable when it returns.
    fn settle(
        &self,
        attempt: &Attempt,
        end: Settlement,
    ) -> BoxFuture<'_, Result<Settled, LedgerError>>;

    /// Makes OUTCOME_UNKNOWN what has been SENDING for longer than any attempt lasts, whoever owns
    /// it; how many there were. Of a dead owner, or of this process: a claim may be written after
    /// it was waited for, and then nobody else knows of it.
    fn sweep(&self) -> BoxFuture<'_, Result<u64, LedgerError>>;

    /// What is counted to the present day and month of each caller.
    fn counts(&self) -> BoxFuture<'_, Result<Vec<Count>, LedgerError>>;

    /// A durable write that claims nothing: whether an order could be claimed now.
    fn beat(&self) -> BoxFuture<'_, Result<(), LedgerError>>;
}

/// One attempt to send an order: the UPI-UUID that was signed for it tells it from all others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// The order.
    pub order_id: OrderId,
    /// Its UPI-UUID: 32 lower-case hex digits.
    pub upi_uuid: String,
}

/// The wish to send an order.
#[derive(Debug, Clone)]
pub struct Claim {
    /// What is going to be sent.
    pub attempt: Attempt,
    /// Its content.
    pub digest: Digest,
    /// The evidence to be sent.
    pub consent: Consent,
    /// SHA-256 of the UPI-JWS, whose signature commits to the exact body. Nobody can guess it from a
    /// name or a number: they are in the body encrypted under a random key.
    pub jws_sha256: [u8; 32],
    /// Who asks, where callers have names.
    pub caller: Option<CallerName>,
    /// How much of that caller may be sent.
    pub budget: Budget,
}

/// Names a key of digests; says nothing about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub [u8; 8]);

/// A keyed digest of a request's content; without the key it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    /// Of which key.
    pub key: KeyId,
    /// The digest.
    pub value: [u8; 32],
}

/// The digests of a content under every key that is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Fingerprint {
    current: Digest,
    older: Arc<[Digest]>,
}

impl Fingerprint {
    /// By the key of new rows, and by those of older ones.
    #[must_use]
    pub fn new(current: Digest, older: Arc<[Digest]>) -> Self {
        Self { current, older }
    }

    /// What a new row gets.
    #[must_use]
    pub const fn current(&self) -> Digest {
        self.current
    }

    /// Under the key of a recorded digest; `None` when that key is not known.
    #[must_use]
    pub fn under(&self, key: KeyId) -> Option<Digest> {
        let mut known = std::iter::once(&self.current).chain(self.older.iter());
        known.find(|digest| digest.key == key).copied()
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fingerprint").field(&self.current).finish()
    }
}

/// The ledger's answer to a claim.
#[derive(Debug, Clone)]
pub enum Claimed {
    /// The order is ours to send.
    Granted,
    /// The order is not to be sent; this is how it stands.
    Standing(Box<Record>),
    /// The order would be ours to send, and its caller may not have it sent. Nothing was written.
    Barred(Bar),
}

/// Why nothing may be sent for a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bar {
    /// An operator stopped it.
    Stopped,
    /// Its budget is used up.
    Spent {
        /// Of which span.
        span: Span,
        /// Until the next one begins.
        rest: Duration,
    },
}

/// What is counted to a span of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Whose.
    pub caller: CallerName,
    /// To the present one.
    pub span: Span,
    /// Orders that were sent, may have been, or are being.
    pub used: u64,
    /// By how many an operator has raised the budget.
    pub extra: i64,
}

impl Count {
    /// How many may be sent, with what an operator has added to a bound.
    #[must_use]
    pub const fn limit(&self, bound: u64) -> u64 {
        bound.saturating_add_signed(self.extra)
    }

    /// How many of these may still be.
    #[must_use]
    pub const fn left(&self, bound: u64) -> u64 {
        self.limit(bound).saturating_sub(self.used)
    }
}

/// One order as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// How far it came.
    pub state: State,
    /// The content it was claimed with.
    pub digest: Digest,
    /// The evidence it was last claimed with; `None` once it was purged.
    pub consent: Option<Consent>,
    /// The UPI-UUID of its last attempt.
    pub upi_uuid: String,
    /// Who asked for it; `None` of times and gateways without rules. Nobody else claims it again,
    /// since the caller is a part of the digest.
    pub caller: Option<CallerName>,
    /// How often it was claimed.
    pub attempts: u32,
    /// When it was first claimed.
    pub created_at: OffsetDateTime,
    /// When its state last changed.
    pub updated_at: OffsetDateTime,
}

/// The states of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Claimed: about to be sent, or sent.
    Sending,
    /// UPI answered.
    Answered(Answer),
    /// UPI processed nothing; the order may be claimed again.
    NotSent,
    /// Perhaps sent, and no valid answer came; never sent again.
    OutcomeUnknown,
}

impl State {
    /// Its name in ledgers.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sending => "SENDING",
            Self::Answered(_) => "ANSWERED",
            Self::NotSent => "NOT_SENT",
            Self::OutcomeUnknown => "OUTCOME_UNKNOWN",
        }
    }
}

/// How an attempt ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// With UPI's answer.
    Answered(Answer),
    /// Proven by the sender itself: UPI processed nothing.
    NotSent,
    /// Nobody knows.
    OutcomeUnknown,
}

impl From<Settlement> for State {
    fn from(end: Settlement) -> Self {
        match end {
            Settlement::Answered(answer) => Self::Answered(answer),
            Settlement::NotSent => Self::NotSent,
            Settlement::OutcomeUnknown => Self::OutcomeUnknown,
        }
    }
}

/// What a settlement met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The order was SENDING.
    InTime,
    /// The order had been given up as OUTCOME_UNKNOWN.
    Late,
    /// This very end stood there already.
    Already,
}

/// Why the ledger did not do as asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LedgerError {
    /// The engine failed, and certainly wrote nothing.
    #[error("the ledger's engine failed")]
    Engine(#[source] Cause),
    /// The engine cannot say whether it wrote.
    #[error("the ledger's engine cannot say whether it wrote")]
    Uncertain(#[source] Cause),
    /// There is no such attempt of this process, or it has another end.
    #[error("no such step from the order's state")]
    WrongState,
}
