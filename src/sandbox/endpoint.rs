//! What is served where: the verification at the request path, the record under `/orders`.

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::answer::{Body, Content, Ending, JSON, Signatory, UPI_JWS, respond, say, unauthorized};
use super::check::Refusal;
use super::connection::Cut;
use super::posts::{Arrival, Posts};
use super::request::{Accepted, Examiner, Members, protected_header};
use super::scenario::Scenario;
use super::{Fault, Keys, SandboxError, Settings};
use crate::domain::OrderId;
use crate::upi::jws::{Expected, JwsError, Verified, Verifier};
use crate::verify::port::Clock;

/// The largest good body is well below: 204,800 characters of photo, encrypted, with each
/// solidus escaped.
const MAX_BODY: usize = 1 << 20;

/// UPI, as far as HTTP shows it.
pub(super) struct Endpoint {
    settings: Settings,
    verifier: Verifier,
    examiner: Examiner,
    signatory: Signatory,
    posts: Posts,
    clock: Arc<dyn Clock>,
}

/// What a well-signed request gets.
struct Decision {
    content: Content,
    scenario: Scenario,
}

impl Endpoint {
    pub(super) fn new(
        settings: Settings,
        keys: &Keys,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SandboxError> {
        Ok(Self {
            verifier: Verifier::new(std::slice::from_ref(&keys.participant))?,
            examiner: Examiner::new(
                &keys.encryption,
                settings.photo_placement,
                settings.rules.clone(),
            )?,
            signatory: Signatory::new(&settings, keys, Arc::clone(&clock))?,
            posts: Posts::default(),
            settings,
            clock,
        })
    }

    pub(super) fn posts(&self) -> Posts {
        self.posts.clone()
    }

    /// Answers one request.
    pub(super) async fn handle<B>(&self, request: Request<B>) -> Ending
    where
        B: hyper::body::Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let path = request.uri().path();
        if path == self.settings.request_path && request.uri().query().is_none() {
            return match *request.method() {
                Method::POST => self.post(request).await,
                _ => Ok(only("POST")),
            };
        }
        let Some(rest) = path.strip_prefix("/orders") else {
            return Ok(say(StatusCode::NOT_FOUND, "nothing is served here"));
        };
        Ok(match (request.method(), rest) {
            (&Method::GET, rest) => self.record(rest),
            _ => only("GET"),
        })
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
        let jws = head.headers.get(UPI_JWS).map(HeaderValue::as_bytes);
        let jws = jws.and_then(|jws| std::str::from_utf8(jws).ok());
        self.received(jws.unwrap_or_default(), &body).await
    }

    async fn received(&self, jws: &str, body: &[u8]) -> Ending {
        let members = Members::read(body);
        let verified = self.verify(jws, body);
        let order_id = members.as_ref().and_then(Members::order_id);
        if let Some(order_id) = &order_id {
            let arrival = Arrival {
                signature_good: verified.is_ok(),
                body_bytes: body.len(),
                jwe_header: members
                    .as_ref()
                    .map(Members::jwe_header)
                    .unwrap_or_default(),
                jws_header: protected_header(jws),
            };
            self.posts.count(order_id, arrival);
        }
        let order_id = order_id.as_ref().map_or("", OrderId::as_str);
        let verified = match verified {
            Ok(verified) => verified,
            Err(error) => {
                tracing::info!(order_id, %error, "sandbox: signature refused");
                return Ok(unauthorized());
            }
        };
        let decision = self.decide(members);
        let (code, fault) = (decision.content.code(), decision.scenario.fault);
        tracing::info!(
            order_id,
            code,
            fault = fault.map(Fault::name),
            "sandbox: decided"
        );
        self.answer(&verified.upi_uuid, &decision).await
    }

    fn verify(&self, jws: &str, body: &[u8]) -> Result<Verified, JwsError> {
        let expected = Expected {
            app_id: &self.settings.app_id,
            request_path: &self.settings.request_path,
            require_request_path: true,
            now: self.clock.now().unix_timestamp(),
            window: self.settings.clock_window,
        };
        self.verifier.verify(jws, body, &expected)
    }

    fn decide(&self, members: Option<Members>) -> Decision {
        let examined = members
            .ok_or(Refusal::NotAnObject)
            .and_then(|members| self.examiner.examine(&members))
            .and_then(|accepted| {
                let scenario = Scenario::parse(&accepted.usage_scenario)?;
                Ok((accepted, scenario))
            });
        match examined {
            Ok((accepted, scenario)) => self.process(&accepted, scenario),
            Err(refusal) => Decision::at_once(Content::refused(&refusal)),
        }
    }

    /// An order id is used up when its request is processed, whether or not the answer
    /// arrives; with `fault=unauthorized` nothing is processed.
    fn process(&self, accepted: &Accepted, scenario: Scenario) -> Decision {
        let untouched = scenario.fault == Some(Fault::Unauthorized);
        if untouched || self.posts.use_up(&accepted.order_id) {
            let content = Content::of(&scenario, accepted.score);
            Decision { content, scenario }
        } else {
            Decision::at_once(Content::duplicated())
        }
    }

    async fn answer(&self, upi_uuid: &str, decision: &Decision) -> Ending {
        let Decision { content, scenario } = decision;
        if let Some(delay) = scenario.delay {
            tokio::time::sleep(delay).await;
        }
        match scenario.fault {
            Some(fault) => self.signatory.faulty(upi_uuid, content, fault).await,
            None => Ok(self.signatory.answer(upi_uuid, content)),
        }
    }

    /// `GET /orders` and `GET /orders/{order id}`.
    fn record(&self, rest: &str) -> Response<Body> {
        let found = match rest {
            "" | "/" => Some(self.posts.to_json()),
            one => one
                .strip_prefix('/')
                .and_then(percent_decoded)
                .and_then(|id| self.posts.of(&id))
                .map(|post| post.to_json()),
        };
        match found {
            Some(record) => respond(StatusCode::OK, JSON, record.to_string()),
            None => say(StatusCode::NOT_FOUND, "no such order"),
        }
    }
}

impl Decision {
    fn at_once(content: Content) -> Self {
        Self {
            content,
            scenario: Scenario::default(),
        }
    }
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
