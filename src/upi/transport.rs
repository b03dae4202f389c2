//! One POST to UPI over HTTP/1.1, and what is certain when it fails.
//!
//! Every verification may be charged, so nothing here sends a request twice: no retries, no
//! redirects. (hyper-util does move a request from a pooled connection that turns out to be
//! closed to a new one, but only when it gets the request back untouched, before its head
//! was encoded.)
//!
//! "Nothing was sent" is claimed on two proofs only. The first is
//! [`reqwest::Error::is_connect`]. It is true for errors of hyper-util's kind `Connect`, which
//! stand for the connector (name resolution, TCP, a proxy's tunnel, TLS, and the limit on their
//! time) and for the wait for a connection from the pool. All of that is over before a
//! connection gets the request.
//!
//! The second is [`Trip::withdraw`]: the last piece of the body was never handed to hyper, and
//! never will be. Then UPI has not got as many bytes as `Content-Length` says, and what it has
//! got does not fit its signature. The proof holds only then: a last piece that was handed over
//! counts as sent, even where the socket never took it, and so does whatever else fails later.
//!
//! # A connection that the server is just closing
//!
//! A server may close an idle connection at any time, and our request may meet that. Then the
//! second proof decides, and a small body, which fits one write, would never have one. So on a
//! connection that was used before, the last piece is held back from the first one on for a round
//! trip (by the shortest that opening a connection took lately) and 10 ms: time for the server's
//! goodbye to arrive.
//! A new connection holds nothing back. `cargo bench --bench reuse` has the figures: without the
//! wait half of the orders were lost to a peer that closes 1 ms after its answer, with it none,
//! whatever their size. It costs one round trip where a connection for each call costs two, and
//! nothing where a large body takes that long anyway. Over a short way it costs more than a
//! connection for each call, but 10 ms is little beside what UPI takes. What remains is a server
//! that takes longer to say goodbye: `upi.connections = "one_per_call"` is for that.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Response, StatusCode, Url};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument as _, Span, field, info_span};

use super::envelope::UPI_JWS;
use super::identifier::RequestPath;
use super::message::response::MAX_BODY;
use crate::domain::Dispatch;
use crate::observe::{Event, Observer};
use crate::verify::port::Cause;

mod body;
mod client;
mod connections;
mod look;
pub mod probe;
mod route;
#[cfg(test)]
mod tests;
mod trip;

pub use route::{BaseUrl, ClientIdentity, Connections, Proxy, Route, RouteError, Timeouts};

use body::Pieces;
use connections::Pool;
use look::Look;
use trip::Trip;

/// The media type that UPI's requirements ask for, to the letter.
const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");

/// The signature is over the bytes of the body; without this header a coding would be
/// legitimate (RFC 9110, section 12.5.3).
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// A timer of a process that runs is more punctual.
const LATE: Duration = Duration::from_millis(100);

/// Enough to read what has arrived already, [`MAX_BODY`] at most.
const READING: Duration = Duration::from_secs(1);

pub(super) struct Transport {
    pool: Pool,
    look: Look,
    url: Url,
    observer: Arc<dyn Observer>,
}

impl Transport {
    /// Opens no connection.
    pub(super) fn new(
        route: Route,
        path: &RequestPath,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, RouteError> {
        Ok(Self {
            url: route.base_url.to(path),
            look: Look::new(&route)?,
            pool: Pool::new(route)?,
            observer,
        })
    }

    /// Sends a body once and reads the reply, both within the whole call's time.
    pub(super) async fn post(&self, signature: &str, body: Bytes) -> Result<Reply, PostError> {
        let span = self.span();
        let trip = Trip::new(self.pool.opening.hold(), body.is_empty());
        let exchange = trip.of(self.exchange(signature, body, &trip));
        let ended = in_time(
            self.pool.route.timeouts.whole(),
            exchange.instrument(span.clone()),
        )
        .await;
        let ended = ended.map_err(|error| error.judged(&trip));
        if let Err(error) = &ended {
            span.record("error.type", error.kind());
            span.record("otel.status_code", "error");
        }
        ended
    }

    /// Whether it is this way to this path.
    pub(super) fn goes(&self, route: &Route, path: &RequestPath) -> bool {
        self.pool.route == *route && self.url == route.base_url.to(path)
    }

    /// Opens a connection as a call does, and closes it: nothing is sent.
    pub(super) async fn look(&self) -> Result<(), Cause> {
        self.look.run().await
    }

    /// How many connections were opened for calls so far.
    pub(super) fn connections(&self) -> u64 {
        self.pool.opening.count()
    }

    /// An HTTP client span by OpenTelemetry's semantic conventions.
    fn span(&self) -> Span {
        info_span!(
            "POST",
            otel.kind = "client",
            otel.status_code = field::Empty,
            http.request.method = "POST",
            http.response.status_code = field::Empty,
            server.address = self.url.host_str(),
            server.port = self.url.port_or_known_default().map(i64::from),
            url.full = self.url.as_str(),
            error.type = field::Empty,
        )
    }

    async fn exchange(
        &self,
        signature: &str,
        body: Bytes,
        trip: &Arc<Trip>,
    ) -> Result<Reply, PostError> {
        let body = Body::wrap(Pieces::new(body, Arc::clone(trip)));
        let request = self.pool.client().post(self.url.clone());
        let request = request
            .header(CONTENT_TYPE, JSON)
            .header(ACCEPT_ENCODING, IDENTITY)
            .header(UPI_JWS, signature)
            .headers(self.headers());
        let sent = request.body(body).send().await;
        let sent = sent.map_err(|error| PostError::of_sending(error).judged(trip));
        let mut response = sent.map_err(|error| self.broken(error, trip))?;
        self.pool.heed(response.headers());
        let status = response.status();
        self.note(status);
        // A goodbye to an idle connection, such as 408, looks like the reply to what met it.
        if !matches!(status, StatusCode::OK | StatusCode::UNAUTHORIZED) && trip.withdraw() {
            return Err(self.broken(PostError::NotWhole(None), trip));
        }
        // The bodies of other replies are unsigned and decide nothing.
        let body = match status {
            StatusCode::OK => read(&mut response).await?,
            _ => Vec::new(),
        };
        Ok(Reply {
            status: status.as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body,
        })
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if self.pool.route.connections == Connections::OnePerCall {
            headers.insert(CONNECTION, CLOSE);
        }
        if self.pool.route.propagate_trace {
            self.observer.inject(&mut |name, value| {
                let name = HeaderName::from_bytes(name.as_bytes());
                if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
                    headers.insert(name, value);
                }
            });
        }
        headers
    }

    /// Tells of an order that a connection's reuse has cost.
    fn broken(&self, error: PostError, trip: &Trip) -> PostError {
        let certain = match error {
            PostError::NotWhole(_) => Dispatch::NotSent,
            _ => Dispatch::Unknown,
        };
        if trip.reused() && !matches!(error, PostError::NoConnection(_)) {
            self.observer.record(&Event::ReusedBroke(certain));
        }
        error
    }

    fn note(&self, status: StatusCode) {
        let span = Span::current();
        span.record("http.response.status_code", i64::from(status.as_u16()));
        if status.is_client_error() || status.is_server_error() {
            span.record("error.type", status.as_str());
            span.record("otel.status_code", "error");
        }
    }
}

/// What the exchange ends with, as long as it has time.
///
/// A process that was stopped, or starved, wakes when its time is long over, and with an answer in
/// the socket that nobody has read yet. So a time-out that comes late is not believed before
/// there was time to read.
async fn in_time(
    limit: Duration,
    exchange: impl Future<Output = Result<Reply, PostError>>,
) -> Result<Reply, PostError> {
    let end = Instant::now() + limit;
    tokio::pin!(exchange);
    if let Ok(ended) = timeout_at(end, exchange.as_mut()).await {
        return ended;
    }
    let grace = if end.elapsed() > LATE {
        READING
    } else {
        Duration::ZERO
    };
    let ended = timeout(grace, exchange).await;
    ended.unwrap_or(Err(PostError::TimedOut))
}

/// Reads a body up to the limit, whatever its length is said to be.
async fn read(response: &mut Response) -> Result<Vec<u8>, PostError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(PostError::cut_off)? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(PostError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// The exact bytes of the body when the status is 200, else nothing.
    pub(super) body: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum PostError {
    /// Proof that nothing was sent.
    #[error("no connection could be made")]
    NoConnection(#[source] reqwest::Error),
    /// Proof that UPI has not got the whole request.
    #[error("the exchange broke off before the whole request was handed over")]
    NotWhole(#[source] Option<reqwest::Error>),
    /// The exchange broke off after the request may have left.
    #[error("the exchange broke off")]
    CutOff(#[source] reqwest::Error),
    #[error("no complete reply in time")]
    TimedOut,
    #[error("the reply is larger than {MAX_BODY} bytes")]
    TooLarge,
}

impl PostError {
    fn of_sending(error: reqwest::Error) -> Self {
        if error.is_connect() {
            Self::NoConnection(error.without_url())
        } else {
            Self::cut_off(error)
        }
    }

    /// With the second proof, where there is one.
    fn judged(self, trip: &Trip) -> Self {
        match self {
            Self::CutOff(error) if trip.withdraw() => Self::NotWhole(Some(error)),
            Self::TimedOut if trip.withdraw() => Self::NotWhole(None),
            other => other,
        }
    }

    fn cut_off(error: reqwest::Error) -> Self {
        Self::CutOff(error.without_url())
    }

    /// A name of low cardinality, for `error.type`.
    const fn kind(&self) -> &'static str {
        match self {
            Self::NoConnection(_) => "no_connection",
            Self::NotWhole(_) => "not_whole",
            Self::CutOff(_) => "cut_off",
            Self::TimedOut => "timeout",
            Self::TooLarge => "too_large",
        }
    }
}
