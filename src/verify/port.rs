//! What the use case needs from the outside.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use time::OffsetDateTime;

pub use super::error::Cause;
use crate::domain::{Answer, Consent, Dispatch, OrderId, Verification};

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The wall clock.
pub trait Clock: Send + Sync + 'static {
    /// Now, in UTC.
    fn now(&self) -> OffsetDateTime;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// UPI's side, in two steps, so that an order can be marked between them.
pub trait Gateway: Send + Sync + 'static {
    /// Encrypts and signs a request; sends nothing.
    ///
    /// # Errors
    /// The cause, which is a fault of the gateway: a checked request always seals.
    fn seal(&self, request: &Verification) -> Result<Sealed, Cause>;

    /// Sends a sealed request exactly once and verifies the answer.
    fn send(&self, sealed: Sealed) -> BoxFuture<'_, Result<Answer, CallError>>;
}

/// A request ready to be sent: what was signed is what is sent.
pub struct Sealed {
    /// The body, whose bytes are wiped when the last reference goes.
    pub body: Bytes,
    /// The value of the `UPI-JWS` header.
    pub signature: String,
    /// The UPI-UUID in that signature.
    pub upi_uuid: String,
}

/// How a call failed, by what is certain about the request.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// Proof that UPI has not got the request: DNS, connect or TLS failed, or the request was
    /// never handed over whole.
    #[error("UPI has not got the request")]
    NotSent(#[source] Cause),
    /// UPI refused our signature (401, E0) and processed nothing.
    #[error("UPI refused our signature")]
    Refused(#[source] Cause),
    /// The request may have been sent, and no valid answer came.
    #[error("no valid answer from UPI")]
    Unknown(#[source] Cause),
}

impl CallError {
    /// What is certain about the request.
    #[must_use]
    pub const fn dispatch(&self) -> Dispatch {
        match self {
            Self::NotSent(_) => Dispatch::NotSent,
            Self::Refused(_) => Dispatch::Refused,
            Self::Unknown(_) => Dispatch::Unknown,
        }
    }
}

/// The record of orders. One state machine, whatever the engine:
/// `CLAIMED → SENDING → ANSWERED | OUTCOME_UNKNOWN`, `CLAIMED → NOT_SENT`, and
/// `SENDING → NOT_SENT` only on proof that UPI processed nothing.
///
/// A row holds no personal data: the content of a request is known by a keyed digest.
pub trait Ledger: Send + Sync + 'static {
    /// The keyed digest by which content is told apart.
    fn fingerprint(&self, request: &Verification) -> Fingerprint;

    /// Claims an order id for sending, atomically.
    ///
    /// A new id, or one in NOT_SENT with the same content, is granted and becomes
    /// CLAIMED; any other is returned as it stands.
    fn claim(&self, claim: Claim) -> BoxFuture<'_, Result<Claimed, LedgerError>>;

    /// CLAIMED → SENDING. Durable when it returns: only then may a byte leave.
    fn sending(&self, id: &OrderId) -> BoxFuture<'_, Result<(), LedgerError>>;

    /// Ends a CLAIMED or SENDING order.
    fn settle(&self, id: &OrderId, end: Settlement) -> BoxFuture<'_, Result<(), LedgerError>>;

    /// What is known of an order id.
    fn find(&self, id: &OrderId) -> BoxFuture<'_, Result<Option<Record>, LedgerError>>;
}

/// The wish to send an order.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The order.
    pub order_id: OrderId,
    /// Its content.
    pub fingerprint: Fingerprint,
    /// The evidence to be sent.
    pub consent: Consent,
}

/// A keyed digest of a request's content; without the key it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// The ledger's answer to a claim.
#[derive(Debug, Clone)]
pub enum Claimed {
    /// The order is ours to send.
    Granted,
    /// The order is not to be sent; this is how it stands.
    Standing(Box<Record>),
}

/// One order as recorded.
#[derive(Debug, Clone)]
pub struct Record {
    /// How far it came.
    pub state: State,
    /// The content it was claimed with.
    pub fingerprint: Fingerprint,
    /// The evidence it was claimed with.
    pub consent: Consent,
    /// When it was first claimed.
    pub created_at: OffsetDateTime,
    /// When its state last changed.
    pub updated_at: OffsetDateTime,
}

/// The states of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Claimed; nothing has left.
    Claimed,
    /// About to be sent, or sent.
    Sending,
    /// UPI answered.
    Answered(Answer),
    /// UPI processed nothing; the order may be claimed again.
    NotSent,
    /// Sent, and no valid answer came; never sent again.
    OutcomeUnknown,
}

/// How an order ends.
#[derive(Debug, Clone)]
pub enum Settlement {
    /// With UPI's answer.
    Answered(Answer),
    /// Proven: UPI processed nothing.
    NotSent,
    /// Nobody knows.
    OutcomeUnknown,
}

/// Why the ledger did not do as asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LedgerError {
    /// The engine failed; the state is as it was, or unknown.
    #[error("the ledger's engine failed")]
    Engine(#[source] Cause),
    /// The order is not in a state from which this step exists: a bug.
    #[error("no such step from the order's state")]
    WrongState,
}

/// Decides who may call.
pub trait Admission: Send + Sync + 'static {
    /// Admits a caller or says why not; asked once a call, before anything else.
    ///
    /// # Errors
    /// Why the caller is turned away.
    fn admit(&self, caller: &Caller) -> Result<(), super::error::Denial>;
}

/// Who calls, as far as the connection tells.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The peer's address.
    pub address: Option<std::net::SocketAddr>,
    /// The peer's verified certificate, DER; with mutual TLS only.
    pub certificate: Option<Arc<[u8]>>,
}

/// Admits everyone the transport let in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Everyone;

impl Admission for Everyone {
    fn admit(&self, _: &Caller) -> Result<(), super::error::Denial> {
        Ok(())
    }
}
