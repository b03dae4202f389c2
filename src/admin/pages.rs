//! What is served where.

use std::error::Error;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::json;

use super::answer::{Answer, JSON, METRICS, TEXT, only, respond, say};
use super::{Sources, gate, level, reload};

/// Allow of the pages that are read only, of the one that can be changed, and of the deed.
const GET: &str = "GET, HEAD";
const GET_AND_PUT: &str = "GET, HEAD, PUT";
const POST: &str = "POST";

pub(super) struct Pages {
    sources: Sources,
    /// Whether the port is on loopback, where names are not to be trusted.
    local: bool,
}

impl Pages {
    pub(super) const fn new(sources: Sources, local: bool) -> Self {
        Self { sources, local }
    }

    pub(super) async fn answer<B>(&self, request: Request<B>) -> Answer
    where
        B: hyper::body::Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        if self.local && !gate::is_meant_for_us(request.uri(), request.headers()) {
            let text = "ask by an IP address or as localhost";
            return say(StatusCode::FORBIDDEN, text);
        }
        let page = match request.uri().path() {
            "/metrics" => Self::metrics,
            "/live" => Self::live,
            "/ready" => Self::ready,
            "/version" => Self::version,
            "/config" => Self::configuration,
            "/log-level" if request.method() == Method::PUT => {
                return level::change(&self.sources.log, request).await;
            }
            "/log-level" => Self::log_level,
            "/reload" => return self.reload(&request).await,
            _ => return say(StatusCode::NOT_FOUND, "nothing is served here"),
        };
        match *request.method() {
            // hyper leaves the body of an answer to HEAD out.
            Method::GET | Method::HEAD => page(self),
            _ if request.uri().path() == "/log-level" => only(GET_AND_PUT),
            _ => only(GET),
        }
    }

    fn metrics(&self) -> Answer {
        match (self.sources.exposition)() {
            Some(text) => respond(StatusCode::OK, METRICS, text),
            None => say(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the metrics cannot be gathered",
            ),
        }
    }

    fn live(&self) -> Answer {
        say(StatusCode::OK, "live")
    }

    fn ready(&self) -> Answer {
        if (self.sources.ready)() {
            say(StatusCode::OK, "ready")
        } else {
            say(StatusCode::SERVICE_UNAVAILABLE, "starting or draining")
        }
    }

    fn version(&self) -> Answer {
        let version = json!({
            "name": env!("CARGO_PKG_NAME"),
            "version": env!("CARGO_PKG_VERSION"),
        });
        respond(StatusCode::OK, JSON, format!("{version}\n"))
    }

    fn configuration(&self) -> Answer {
        respond(StatusCode::OK, TEXT, (self.sources.configuration)())
    }

    async fn reload<B>(&self, request: &Request<B>) -> Answer {
        match (&self.sources.reload, request.method()) {
            (None, _) => say(StatusCode::NOT_FOUND, "nothing is served here"),
            (Some(reload), &Method::POST) => reload::answer(reload, request.headers()).await,
            (Some(_), _) => only(POST),
        }
    }

    fn log_level(&self) -> Answer {
        level::show(&self.sources.log.standing())
    }
}
