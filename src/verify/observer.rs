//! Who hears of every step, and steers nothing: the port of metrics and traces.

use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;
use tracing::Span;

use crate::domain::Answer;

/// Hears every step. What it does takes no longer than adding to a counter: it is called
/// in the middle of calls.
pub trait Observer: Send + Sync + 'static {
    /// Something happened.
    fn hear(&self, event: &Event<'_>);

    /// Begins a span in the trace that incoming metadata names, if it names one.
    fn begin(&self, _metadata: &HeaderMap, span: &dyn Fn() -> Span) -> Span {
        span()
    }

    /// Puts the current span into the headers of an outgoing request.
    fn hand_on(&self, _headers: &mut HeaderMap) {}
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Observer for Nobody {
    fn hear(&self, _: &Event<'_>) {}
}

/// What can be heard. None of it holds a text that a caller chose.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// The headers of a call came in; its method, `_OTHER` for one that nobody has.
    CallBegan(&'static str),
    /// The handling of a call ended.
    CallEnded(CallEnd<'a>),
    /// A proxy or a client's library says that it had sent this call before.
    Resent(Resender),
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
    /// UPI was called.
    Called(CallResult, Duration),
    /// A connection to UPI that had served another request before broke under an order, and how
    /// that order ended.
    ReusedBroke(OrderEnd),
    /// UPI's clock, as its `Date` header tells it, minus ours, in seconds.
    Skew(f64),
    /// UPI answered.
    Answered(&'a Answer),
    /// A flight came to its end.
    OrderEnded(OrderEnd),
}

/// How a call ended.
#[derive(Debug, Clone, Copy)]
pub struct CallEnd<'a> {
    /// The span of the call.
    pub span: &'a Span,
    /// As in [`Event::CallBegan`].
    pub method: &'static str,
    /// The gRPC status, as the specification writes it.
    pub code: &'static str,
    /// The reason of an error, by its name on the wire; `None` for OK, and where the error
    /// is not one of ours.
    pub reason: Option<&'static str>,
    /// The dispatch of an error, by its name on the wire.
    pub dispatch: Option<&'static str>,
    /// From the headers to the end of the handling.
    pub took: Duration,
}

/// Who repeats calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resender {
    /// Envoy, and the meshes built on it (`x-envoy-attempt-count` above 1).
    Envoy,
    /// A gRPC client's retry policy (`grpc-previous-rpc-attempts` above 0).
    Grpc,
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
    /// The end is written to the ledger.
    Settle,
}

/// How a call to UPI went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallResult {
    /// A signed answer.
    Answered,
    /// 401.
    Refused,
    /// No connection.
    NotSent,
    /// Sent, and no valid answer.
    Unknown,
}

/// How an order ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderEnd {
    /// With UPI's answer.
    Answered,
    /// Nothing left.
    NotSent,
    /// UPI refused our signature.
    Refused,
    /// Nobody knows.
    Unknown,
}

/// A stage that is under way.
#[derive(Debug, Clone, Copy)]
pub struct Watch {
    stage: Stage,
    begun: Instant,
}

impl Watch {
    /// Begins now.
    #[must_use]
    pub fn start(stage: Stage) -> Self {
        Self {
            stage,
            begun: Instant::now(),
        }
    }

    /// Tells how long it took.
    pub fn stop(self, observer: &dyn Observer) {
        observer.hear(&Event::Passed(self.stage, self.begun.elapsed()));
    }
}
