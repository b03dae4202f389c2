//! Traces: spans on their way to OpenTelemetry, and the W3C context in and out.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator as _};
use opentelemetry::trace::{SpanId, Status, TraceContextExt as _, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;

use crate::verify::observer::CallEnd;

mod fields;
mod layer;
#[cfg(test)]
mod tests;

pub(super) use layer::{Spans, context_of};

use layer::context;

/// Statuses for which the server is to blame, by the RPC semantic conventions.
const SERVERS_FAULT: [&str; 6] = [
    "UNKNOWN",
    "DEADLINE_EXCEEDED",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
];

/// The ids of a span.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
}

impl Ids {
    pub(super) fn of(context: &Context) -> Option<Self> {
        let span = context.span();
        let context = span.span_context();
        context.is_valid().then(|| Self {
            trace: context.trace_id(),
            span: context.span_id(),
        })
    }
}

/// The traces of this process, where they are exported.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tracing;

impl Tracing {
    /// Begins a span; the one that the metadata names, if it names one, is its parent.
    pub(super) fn begin(self, metadata: &HeaderMap, span: &dyn Fn() -> Span) -> Span {
        let context = TraceContextPropagator::new().extract(&Incoming(metadata));
        let _current = context.attach();
        span()
    }

    /// Puts the current span into `headers`.
    pub(super) fn hand_on(self, headers: &mut HeaderMap) {
        if let Some(context) = context(&Span::current()) {
            TraceContextPropagator::new().inject_context(&context, &mut Outgoing(headers));
        }
    }

    /// Ends the span of a call now: the order may fly on, and its stages with it.
    pub(super) fn end(self, call: &CallEnd<'_>) {
        let Some(context) = context(call.span) else {
            return;
        };
        let span = context.span();
        if span.is_recording() {
            span.set_attributes(attributes(call));
            if SERVERS_FAULT.contains(&call.code) {
                span.set_status(Status::error(""));
            }
        }
        span.end();
    }
}

fn attributes(call: &CallEnd<'_>) -> impl Iterator<Item = KeyValue> {
    let error = (call.code != "OK").then(|| call.reason.unwrap_or(call.code));
    [
        ("rpc.response.status_code", Some(call.code)),
        ("error.type", error),
        ("idphoto.reason", call.reason),
        ("idphoto.dispatch", call.dispatch),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some(KeyValue::new(key, value?)))
}

struct Incoming<'a>(&'a HeaderMap);

impl Extractor for Incoming<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

struct Outgoing<'a>(&'a mut HeaderMap);

impl Injector for Outgoing<'_> {
    fn set(&mut self, key: &str, value: String) {
        let name = HeaderName::from_bytes(key.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}
