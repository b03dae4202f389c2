//! What the use case needs from the outside.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use time::OffsetDateTime;

mod ledger;

pub use super::error::Cause;
use super::error::{Denial, TokenFlaw};
pub use super::ticket::Place;
use crate::domain::{Answer, CallerName, Dispatch, Identity, Method, Rights, Verification};
pub use ledger::{
    Attempt, Bar, Claim, Claimed, Count, Digest, Fingerprint, KeyId, Ledger, LedgerError, Record,
    Settled, Settlement, State,
};

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The wall clock.
pub trait Clock: Send + Sync + 'static {
    /// Now, in UTC.
    fn now(&self) -> OffsetDateTime;
}

/// The system's clock, in whole microseconds: what ledgers keep, so that a replayed answer has the
/// very time of the first.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        let now = OffsetDateTime::now_utc();
        let micros = now.microsecond();
        now.replace_microsecond(micros).unwrap_or(now)
    }
}

/// UPI's side, in two steps, so that an order can be marked between them.
pub trait Gateway: Send + Sync + 'static {
    /// Encrypts and signs a request; sends nothing.
    ///
    /// # Errors
    /// Why it cannot be; a checked request is never at fault.
    fn seal<'a>(&'a self, request: &'a Verification) -> BoxFuture<'a, Result<Sealed, SealError>>;

    /// Sends a sealed request exactly once and verifies the answer.
    fn send(&self, sealed: Sealed) -> BoxFuture<'_, Result<Answer, CallError>>;

    /// Looks whether a connection can be made, TLS included; sends no request.
    ///
    /// # Errors
    /// Why none can be made.
    fn look(&self) -> BoxFuture<'_, Result<(), Cause>>;

    /// How many connections calls have opened so far.
    fn connections(&self) -> u64;
}

/// A request ready to be sent: what was signed is what is sent.
pub struct Sealed {
    /// The body, whose bytes are wiped when the last reference goes.
    pub body: Bytes,
    /// The value of the `UPI-JWS` header.
    pub signature: String,
    /// The UPI-UUID in that signature.
    pub upi_uuid: String,
    /// SHA-256 of that value.
    pub jws_sha256: [u8; 32],
}

/// Why a request was not sealed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SealError {
    /// A fault of the gateway.
    #[error("the request cannot be sealed")]
    Fault(#[source] Cause),
    /// What keeps our key does not sign now.
    #[error("our key does not sign")]
    NoSignature(#[source] Cause),
}

/// How a call failed, by what is certain about the request.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// Proof that UPI has not got the request: DNS, connect or TLS failed.
    #[error("no connection to UPI")]
    NoConnection(#[source] Cause),
    /// Proof that UPI has not got the request: there was a connection, and the request was never
    /// handed over whole.
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
            Self::NoConnection(_) | Self::NotSent(_) => Dispatch::NotSent,
            Self::Refused(_) => Dispatch::Refused,
            Self::Unknown(_) => Dispatch::Unknown,
        }
    }
}

/// Decides who may call.
pub trait Admission: Send + Sync + 'static {
    /// What the verified certificate of a peer (DER) proves it to be; asked once a connection.
    fn identify(&self, _certificate: &[u8]) -> Identity {
        Identity::default()
    }

    /// Whether a peer is a proxy that says itself who calls; asked once a call.
    fn trusts(&self, _peer: SocketAddr) -> bool {
        false
    }

    /// The same of whoever connects by a Unix socket.
    fn trusts_sockets(&self) -> bool {
        false
    }

    /// What the `x-forwarded-client-cert` of such a proxy says.
    fn forwarded(&self, _header: &str) -> Identity {
        Identity::default()
    }

    /// Admits a call or says why not; asked once a call, before anything of its message is read.
    /// `method` is `None` for one that nobody has.
    ///
    /// # Errors
    /// Why the caller is turned away.
    fn admit(&self, identity: &Identity, method: Option<Method>) -> Result<Admitted, TurnedAway>;
}

/// Checks bearer tokens.
pub trait Tokens: Send + Sync + 'static {
    /// What a token proves its bearer to be; asked once a call that has one, before anything of its
    /// message is read.
    ///
    /// # Errors
    /// The first check that it fails.
    fn check<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Identity, TokenFlaw>>;
}

/// A call that was admitted.
#[derive(Default)]
pub struct Admitted {
    /// Whose it is.
    pub asker: Asker,
    /// What it takes of its caller's limits.
    pub place: Option<Place>,
}

impl From<Asker> for Admitted {
    fn from(asker: Asker) -> Self {
        Self { asker, place: None }
    }
}

/// A call that was not.
#[derive(Debug, Clone)]
pub struct TurnedAway {
    /// Whose it is, if that is known.
    pub asker: Asker,
    /// Why.
    pub denial: Denial,
}

impl From<Denial> for TurnedAway {
    fn from(denial: Denial) -> Self {
        let asker = Asker::default();
        Self { asker, denial }
    }
}

/// Who calls, as far as the connection tells.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The peer's address; `None` behind a Unix socket.
    pub address: Option<SocketAddr>,
    /// What the peer proved to be.
    pub identity: Identity,
}

/// Who asks; clones share it. The default is the anonymous caller, who may do everything.
#[derive(Debug, Clone, Default)]
pub struct Asker(Option<Arc<Rights>>);

impl Asker {
    /// A caller that rules know.
    #[must_use]
    pub const fn known(rights: Arc<Rights>) -> Self {
        Self(Some(rights))
    }

    /// What it may; `None` where there are no rules.
    #[must_use]
    pub fn rights(&self) -> Option<&Rights> {
        self.0.as_deref()
    }

    /// Its name; `None` where there are no rules.
    #[must_use]
    pub fn name(&self) -> Option<&CallerName> {
        self.rights().map(|rights| &rights.name)
    }

    /// Whether it may see an order.
    #[must_use]
    pub fn may_read(&self, record: &Record) -> bool {
        let owner = record.caller.as_ref();
        self.rights().is_none_or(|rights| rights.may_read(owner))
    }
}

/// Admits everyone the transport let in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Everyone;

impl Admission for Everyone {
    fn admit(&self, _: &Identity, _: Option<Method>) -> Result<Admitted, TurnedAway> {
        Ok(Admitted::default())
    }
}
