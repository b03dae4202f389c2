//! What is served where: the verification at the request path, the record under `/orders`.

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tracing::{Instrument as _, Span, field, info_span};

use super::answer::{Body, Cut, Ending, JSON, respond, say};
use super::processor::Processor;
use crate::observe::Observer;
use crate::upi::envelope::UPI_JWS;

/// The largest good body is well below: 204,800 characters of photo, encrypted, with each
/// solidus escaped.
const MAX_BODY: usize = 1 << 20;

/// UPI, as far as HTTP shows it.
pub(super) struct Endpoint {
    pub(super) request_path: String,
    pub(super) processor: Processor,
    pub(super) observer: Arc<dyn Observer>,
}

impl Endpoint {
    pub(super) async fn handle<B>(&self, request: Request<B>) -> Ending
    where
        B: hyper::body::Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let path = request.uri().path();
        if path == self.request_path && request.uri().query().is_none() {
            return match *request.method() {
                Method::POST => self.traced(request).await,
                _ => Ok(only("POST")),
            };
        }
        let Some(rest) = path.strip_prefix("/orders") else {
            return Ok(say(StatusCode::NOT_FOUND, "nothing is served here"));
        };
        Ok(match *request.method() {
            Method::GET => self.record(rest),
            _ => only("GET"),
        })
    }

    /// Within the trace that the request belongs to, if it says so.
    async fn traced<B>(&self, request: Request<B>) -> Ending
    where
        B: hyper::body::Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let span = post_span(&self.request_path);
        let told = |name: &str| request.headers().get(name)?.to_str().ok();
        span.in_scope(|| self.observer.extract(&told));
        let ending = self.post(request).instrument(span.clone()).await;
        if let Ok(response) = &ending {
            let status = i64::from(response.status().as_u16());
            span.record("http.response.status_code", status);
        }
        ending
    }

    /// Checks in UPI's order: form of the HTTP request, signature, then content.
    async fn post<B>(&self, request: Request<B>) -> Ending
    where
        B: hyper::body::Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        if !is_json(request.headers()) {
            return Ok(say(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the content type is application/json;charset=UTF-8",
            ));
        }
        let (head, body) = request.into_parts();
        let body = match Limited::new(body, MAX_BODY).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                return Ok(say(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"));
            }
            Err(_) => return Err(Cut::Close),
        };
        self.processor
            .receive(signature(&head.headers), &body)
            .await
    }

    /// `GET /orders` and `GET /orders/{order id}`.
    fn record(&self, rest: &str) -> Response<Body> {
        let found = match rest {
            "" | "/" => Some(self.processor.posts().to_json()),
            one => one
                .strip_prefix('/')
                .and_then(percent_decoded)
                .and_then(|id| self.processor.posts().of(&id))
                .map(|post| post.to_json()),
        };
        match found {
            Some(record) => respond(StatusCode::OK, JSON, record.to_string()),
            None => say(StatusCode::NOT_FOUND, "no such order"),
        }
    }
}

/// An HTTP server span by OpenTelemetry's semantic conventions.
fn post_span(path: &str) -> Span {
    info_span!(
        "sandbox",
        otel.name = format!("POST {path}"),
        otel.kind = "server",
        http.request.method = "POST",
        http.route = path,
        http.response.status_code = field::Empty,
    )
}

fn only(method: &'static str) -> Response<Body> {
    let mut response = say(
        StatusCode::METHOD_NOT_ALLOWED,
        "another method is served here",
    );
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(method));
    response
}

/// `application/json;charset=UTF-8`, in any case and with optional white space.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).map(HeaderValue::to_str);
    let Some(Ok(value)) = value else { return false };
    let plain: String = value.split_ascii_whitespace().collect();
    [
        "application/json;charset=utf-8",
        "application/json;charset=\"utf-8\"",
    ]
    .iter()
    .any(|form| plain.eq_ignore_ascii_case(form))
}

/// The value of the one UPI-JWS header; of several, nobody knows which one counts.
fn signature(headers: &HeaderMap) -> &str {
    let mut values = headers.get_all(UPI_JWS).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().unwrap_or_default(),
        _ => "",
    }
}

/// RFC 3986, section 2.1; `None` for a broken escape or other bytes than UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests;
