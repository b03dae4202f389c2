//! One POST to UPI over HTTP/1.1, and what is certain when it fails.
//!
//! Every verification may be charged, so nothing here sends a request twice: no retries, no
//! redirects. (hyper-util does move a request from a pooled connection that turns out to be
//! closed to a new one, but only when it gets the request back untouched, before its head
//! was encoded.)
//!
//! "Nothing was sent" is claimed on one proof only: [`reqwest::Error::is_connect`]. It is
//! true for errors of hyper-util's kind `Connect`, which stand for the connector (name
//! resolution, TCP, a proxy's tunnel, TLS, and the limit on their time) and for the wait for
//! a connection from the pool. All of that is over before a connection gets the request.
//! Whatever fails later counts as sent, even where it probably was not.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument as _, Span, field, info_span};

use super::envelope::UPI_JWS;
use super::gateway::{Settings, SetupError};
use super::message::response::MAX_BODY;
use crate::verify::observer::Observer;

mod client;
pub mod probe;
#[cfg(test)]
mod tests;

use client::Way;

/// The media type that UPI's requirements ask for, to the letter.
const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");

/// The signature is over the bytes of the body; without this header a coding would be
/// legitimate (RFC 9110, section 12.5.3).
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// A timer of a process that runs is more punctual.
const LATE: Duration = Duration::from_millis(100);

/// Enough to read what has arrived already, [`MAX_BODY`] at most.
const READING: Duration = Duration::from_secs(1);

/// UPI's address, and the connections to it.
pub(super) struct Transport {
    client: Client,
    url: Url,
    timeout: Duration,
    /// Hands the trace on; `None` when it ends here.
    observer: Option<Arc<dyn Observer>>,
}

impl Transport {
    /// Opens no connection.
    pub(super) fn new(
        settings: &Settings,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, SetupError> {
        let url = client::url(settings)?;
        Ok(Self {
            client: client::build(&Way::of(settings), &url)?,
            url,
            timeout: settings.timeout,
            observer: settings.propagate_trace.then_some(observer),
        })
    }

    /// Sends a body once and reads the reply, both within the whole call's time.
    pub(super) async fn post(&self, signature: &str, body: Bytes) -> Result<Reply, PostError> {
        let span = self.span();
        let exchange = self.exchange(signature, body);
        let ended = in_time(self.timeout, exchange.instrument(span.clone())).await;
        if let Err(error) = &ended {
            span.record("error.type", error.kind());
            span.record("otel.status_code", "error");
        }
        ended
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
            server.port = self.url.port_or_known_default(),
            url.full = self.url.as_str(),
            error.type = field::Empty,
        )
    }

    async fn exchange(&self, signature: &str, body: Bytes) -> Result<Reply, PostError> {
        let request = self.client.post(self.url.clone());
        let request = request
            .header(CONTENT_TYPE, JSON)
            .header(ACCEPT_ENCODING, IDENTITY)
            .header(UPI_JWS, signature)
            .headers(self.trace());
        let sent = request.body(body).send().await;
        let mut response = sent.map_err(PostError::of_sending)?;
        let status = response.status();
        self.note(status);
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

    fn trace(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(observer) = &self.observer {
            observer.hand_on(&mut headers);
        }
        headers
    }

    fn note(&self, status: StatusCode) {
        let span = Span::current();
        span.record("http.response.status_code", status.as_u16());
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

/// A complete reply.
pub(super) struct Reply {
    /// The status code.
    pub(super) status: u16,
    /// All headers.
    pub(super) headers: HeaderMap,
    /// The exact bytes of the body when the status is 200, else nothing.
    pub(super) body: Vec<u8>,
}

/// How a POST failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum PostError {
    /// Proof that nothing was sent.
    #[error("no connection could be made")]
    NoConnection(#[source] reqwest::Error),
    /// The exchange broke off after the request may have left.
    #[error("the exchange broke off")]
    CutOff(#[source] reqwest::Error),
    /// No complete reply within the whole call's time.
    #[error("no complete reply in time")]
    TimedOut,
    /// A body over the limit.
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

    fn cut_off(error: reqwest::Error) -> Self {
        Self::CutOff(error.without_url())
    }

    /// A name of low cardinality, for `error.type`.
    const fn kind(&self) -> &'static str {
        match self {
            Self::NoConnection(_) => "no_connection",
            Self::CutOff(_) => "cut_off",
            Self::TimedOut => "timeout",
            Self::TooLarge => "too_large",
        }
    }
}
