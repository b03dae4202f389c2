//! Who learns of every step, and steers nothing: the port of metrics and traces. Every layer tells
//! its steps, so this stands below all of them, on the domain alone.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field, info_span};

use crate::domain::{Answer, CallerName, Dispatch, Span as Spell};

/// Learns of every step. What it does takes no longer than adding to a counter: it is called
/// in the middle of calls.
pub trait Observer: Send + Sync + 'static {
    /// Something happened.
    fn record(&self, event: &Event<'_>);

    /// The current step, which has just begun, is a part of another process's, if `told` has a
    /// value for the names of one.
    fn extract<'a>(&self, _told: &dyn Fn(&str) -> Option<&'a str>) {}

    /// Tells another process, by names and values, of which step its own is a part.
    fn inject(&self, _tell: &mut dyn FnMut(&str, String)) {}
}

/// Records nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Observer for Nobody {
    fn record(&self, _: &Event<'_>) {}
}

/// What can happen. None of it holds a text that a caller chose.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// A call began; its method, `_OTHER` for one that nobody has.
    CallBegan(&'static str),
    /// The handling of a call ended, which is the current step.
    CallEnded(CallEnd),
    /// A call was refused before its handling began.
    CallRefused(CallEnd),
    /// A proxy or a client's library says that it had sent this call before.
    Resent(Resender),
    /// A peer that is no trusted proxy said who calls, which counts for nothing.
    ForwardedIgnored,
    /// So many keys by which tokens are verified are in force, and were read at this time.
    KeysRead(usize, OffsetDateTime),
    /// They could not be read again.
    KeysUnread,
    /// A connection came to nothing before its first call.
    HandshakeFailed(HandshakeFailure),
    /// A stage of a verification is over.
    Passed(Stage, Duration),
    /// So many orders are in flight now.
    InFlight(usize),
    /// A call waits for the flight of another one.
    Joined,
    /// A call was answered from the ledger.
    Replayed,
    /// UPI was called: it answered, or what is certain about the request.
    Called(Result<&'a Answer, Dispatch>, Duration),
    /// A connection to UPI that had served another request before broke under an order, and what
    /// is certain about that one.
    ReusedBroke(Dispatch),
    /// How the circuit to UPI stands.
    Circuit(Circuit),
    /// A call was refused since the circuit is open.
    CircuitRefused,
    /// The configuration was read again at this time, and was good or not.
    Reloaded(bool, OffsetDateTime),
    /// UPI's clock, as its `Date` header tells it, minus ours, in seconds.
    Skew(f64),
    /// So many ends of orders wait for the ledger to take them.
    Unsettled(usize),
    /// An end came when its order had been given up as unknown.
    LateEnd,
    /// So many orders were left in flight by processes that are gone, and are unknown now.
    Swept(u64),
    /// Whether the ledger can be written.
    LedgerUp(bool),
    /// The ledger made so many changes durable at once, and took so long.
    Committed(usize, Duration),
    /// How many orders the ledger has, and how many bytes it takes.
    LedgerSize(u64, u64),
    /// What callers have left of their budgets.
    Budgets(&'a [BudgetLeft]),
    /// Whether orders are refused that would have to be sent.
    Paused(bool),
    /// An order came to its end: with UPI's answer, or with what is certain about it.
    OrderEnded(Result<(), Dispatch>),
}

/// What a caller has left of a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetLeft {
    /// Whose.
    pub caller: CallerName,
    /// Of the present day or month.
    pub span: Spell,
    /// How many may be sent in it.
    pub limit: u64,
    /// How many of these may still be.
    pub left: u64,
}

/// Whether calls go to UPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circuit {
    /// They do.
    Closed,
    /// One does, and decides for those after it.
    HalfOpen,
    /// None does: UPI takes no connections.
    Open,
}

/// How a call ended.
#[derive(Debug, Clone)]
pub struct CallEnd {
    /// As in [`Event::CallBegan`].
    pub method: &'static str,
    /// Who called, where callers have names.
    pub caller: Option<CallerName>,
    /// The gRPC status, as the specification writes it.
    pub code: &'static str,
    /// The reason of an error, by its name on the wire; `None` for OK, and where the error
    /// is not one of ours.
    pub reason: Option<&'static str>,
    /// What is certain about the order of a call that failed.
    pub dispatch: Option<Dispatch>,
    /// From its beginning to the end of the handling.
    pub took: Duration,
}

/// Who repeats calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resender {
    /// A proxy between the caller and us.
    Proxy,
    /// The library of the caller.
    Client,
}

/// Why a connection came to nothing before its first call, or was ended for what the peer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HandshakeFailure {
    /// Mutual TLS, and the client had none.
    NoClientCertificate,
    /// Mutual TLS, and the client's is expired or of another authority.
    ClientCertificateRefused,
    /// The client said that it does not take ours.
    ServerCertificateRefused,
    /// No version, cipher or application protocol in common.
    NoCommonProtocol,
    /// Plaintext where TLS is spoken.
    NotTls,
    /// TLS where plaintext is spoken.
    TlsAtPlaintextPort,
    /// As many connections were open as may be.
    TooManyConnections,
    /// It was not finished in time.
    Timeout,
    /// The client went away.
    Closed,
    /// It did not take its answers.
    Unread,
    /// It sent frames without end that nobody asked for.
    Flood,
    /// Anything else.
    Other,
}

impl HandshakeFailure {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::NoClientCertificate,
        Self::ClientCertificateRefused,
        Self::ServerCertificateRefused,
        Self::NoCommonProtocol,
        Self::NotTls,
        Self::TlsAtPlaintextPort,
        Self::TooManyConnections,
        Self::Timeout,
        Self::Closed,
        Self::Unread,
        Self::Flood,
        Self::Other,
    ];

    /// Its name in the log and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoClientCertificate => "no_client_certificate",
            Self::ClientCertificateRefused => "client_certificate_refused",
            Self::ServerCertificateRefused => "server_certificate_refused",
            Self::NoCommonProtocol => "no_common_protocol",
            Self::NotTls => "not_tls",
            Self::TlsAtPlaintextPort => "tls_at_plaintext_port",
            Self::TooManyConnections => "too_many_connections",
            Self::Timeout => "timeout",
            Self::Closed => "closed",
            Self::Unread => "unread",
            Self::Flood => "flood",
            Self::Other => "other",
        }
    }
}

/// The stages of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The request is checked.
    Validate,
    /// Name and number are encrypted, the body is signed.
    Seal,
    /// The request is on its way, and its answer awaited.
    Send,
    /// The answer's signature is checked, and its content read.
    Open,
    /// The intent to send is written to the ledger.
    Claim,
    /// The end is written to the ledger.
    Settle,
}

impl Stage {
    /// Its name in traces and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Seal => "seal",
            Self::Send => "send",
            Self::Open => "open",
            Self::Claim => "claim",
            Self::Settle => "settle",
        }
    }

    /// A name must be known when the program is compiled.
    fn span(self) -> Span {
        match self {
            Self::Validate => info_span!(Stage::Validate.name()),
            Self::Seal => info_span!(Stage::Seal.name()),
            Self::Send => info_span!(Stage::Send.name(), upi.uuid = field::Empty),
            Self::Open => info_span!(Stage::Open.name()),
            Self::Claim => info_span!(Stage::Claim.name()),
            Self::Settle => info_span!(Stage::Settle.name()),
        }
    }
}

/// Begins a stage now. What it then runs is a step of its own, whose time is recorded.
pub fn stage(stage: Stage, observer: &dyn Observer) -> Begun<'_> {
    Begun {
        stage,
        observer,
        span: stage.span(),
        at: Instant::now(),
    }
}

/// A stage that is under way.
#[must_use]
pub struct Begun<'a> {
    stage: Stage,
    observer: &'a dyn Observer,
    span: Span,
    at: Instant,
}

impl Begun<'_> {
    /// Runs it to its end.
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        let done = self.span.in_scope(work);
        self.end();
        done
    }

    /// The same for a future. Nothing is recorded if that is dropped.
    pub async fn wait<T>(self, work: impl Future<Output = T>) -> T {
        let done = work.instrument(self.span.clone()).await;
        self.end();
        done
    }

    fn end(self) {
        let took = self.at.elapsed();
        self.observer.record(&Event::Passed(self.stage, took));
    }
}
