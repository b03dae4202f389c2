//! Builds answers: signed as UPI signs them, and wrong in exactly one way when a fault is
//! asked for.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;

use super::fault::Fault;
use crate::upi::envelope::UPI_JWS;

mod content;
mod signature;

pub(super) use content::Content;
pub(super) use signature::Signatory;

/// A response body; one that is cut short simply ends early.
pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// A connection that ends without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Cut {
    /// In good order (FIN).
    #[error("the connection is closed")]
    Close,
    /// By a reset (RST).
    #[error("the connection is reset")]
    Reset,
}

/// What becomes of a request: a response, or a connection that ends without one.
pub(super) type Ending = Result<Response<Body>, Cut>;

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html;charset=UTF-8");

/// The gateway's refusal of a signature; it is not signed itself.
const UNAUTHORIZED: &str =
    r#"{"MsgResponse":{"responseCode":"E0","responseMsg":"Unauthorized access"}}"#;

/// Between two drops of a body that never ends.
const DRIP: Duration = Duration::from_millis(200);

pub(super) fn respond(
    status: StatusCode,
    content_type: HeaderValue,
    body: impl Into<Bytes>,
) -> Response<Body> {
    let mut response = Response::new(Full::new(body.into()).boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// A plain text for whoever tries the sandbox by hand.
pub(super) fn say(status: StatusCode, text: &'static str) -> Response<Body> {
    respond(status, HeaderValue::from_static("text/plain"), text)
}

/// 401 with E0, unsigned.
pub(super) fn unauthorized() -> Response<Body> {
    respond(StatusCode::UNAUTHORIZED, JSON, UNAUTHORIZED)
}

impl Signatory {
    /// The signed answer to the request with this UPI-UUID.
    pub(super) fn answer(&self, upi_uuid: &str, content: &Content) -> Response<Body> {
        self.dressed(upi_uuid, content, None)
    }

    pub(super) async fn faulty(&self, upi_uuid: &str, content: &Content, fault: Fault) -> Ending {
        match fault {
            Fault::Reset => Err(Cut::Reset),
            Fault::Close => Err(Cut::Close),
            Fault::Hang => std::future::pending().await,
            Fault::Unauthorized => Ok(unauthorized()),
            Fault::Truncated => Ok(truncated(
                self.answer(upi_uuid, content),
                content.body(None),
            )),
            Fault::SlowBody => Ok(slow(self.answer(upi_uuid, content))),
            Fault::Redirect => Ok(self.redirect(upi_uuid, content)),
            _ => Ok(self.dressed(upi_uuid, content, Some(fault))),
        }
    }

    fn dressed(&self, upi_uuid: &str, content: &Content, fault: Option<Fault>) -> Response<Body> {
        let body = content.body(fault);
        let signature = match self.sign(upi_uuid, &body, fault) {
            Ok(signature) => signature,
            Err(error) => {
                tracing::error!(error = &*error, "sandbox: an answer cannot be signed");
                return say(StatusCode::INTERNAL_SERVER_ERROR, "no signature");
            }
        };
        let body = match fault {
            Some(Fault::Tampered) => content.tampered(),
            _ => body,
        };
        let (status, content_type) = match fault {
            Some(Fault::Http500) => (StatusCode::INTERNAL_SERVER_ERROR, JSON),
            Some(Fault::Http400) => (StatusCode::BAD_REQUEST, JSON),
            Some(Fault::Html) => (StatusCode::OK, HTML),
            _ => (StatusCode::OK, JSON),
        };
        let mut response = respond(status, content_type, body);
        if let Some(signature) = signature {
            response.headers_mut().insert(UPI_JWS, signature);
        }
        response
    }

    fn redirect(&self, upi_uuid: &str, content: &Content) -> Response<Body> {
        let mut response = self.answer(upi_uuid, content);
        *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
        if let Ok(path) = HeaderValue::from_str(&self.settings.request_path) {
            response.headers_mut().insert(LOCATION, path);
        }
        response
    }
}

/// Promises the whole body, and ends in the middle of it.
fn truncated(response: Response<Body>, body: Bytes) -> Response<Body> {
    let whole = body.len();
    let half = body.slice(..whole / 2);
    let frames = stream::unfold(Some(half), |half| async {
        let Some(half) = half else {
            // The half has to leave before the connection does.
            tokio::task::yield_now().await;
            return None;
        };
        Some((Ok(Frame::data(half)), None))
    });
    let mut response = response.map(|_| StreamBody::new(frames).boxed_unsync());
    response
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(whole));
    response
}

/// Sends white space for ever; the JSON text never comes.
fn slow(response: Response<Body>) -> Response<Body> {
    let drops = stream::unfold((), |()| async {
        tokio::time::sleep(DRIP).await;
        Some((Ok(Frame::data(Bytes::from_static(b" "))), ()))
    });
    response.map(|_| StreamBody::new(drops).boxed_unsync())
}
