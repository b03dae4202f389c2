//! Traces: spans on their way to OpenTelemetry, and the W3C context in and out.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::KeyValue;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator as _};
use opentelemetry::trace::{SpanId, Status, TraceContextExt as _, TraceId};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;
use tracing::dispatcher::get_default;
use tracing::span::Id;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetrySpanExt as _, get_otel_context};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::verify::observer::CallEnd;

#[cfg(test)]
mod tests;

/// Statuses for which the server is to blame, by the RPC semantic conventions.
const SERVERS_FAULT: [&str; 6] = [
    "UNKNOWN",
    "DEADLINE_EXCEEDED",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
];

/// What a `tracestate` may have: as much as should go along at least (W3C Trace Context, section
/// 3.3.1.5). Each span that waits for the collector holds one.
const MOST_STATE: usize = 512;

/// Makes a span of a trace of each span of ours, with what we say of it and no more. Events stay
/// in the log. Whole numbers are `i64`: an unsigned one would become a text.
pub(super) fn layer<S>(tracer: SdkTracer) -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_target(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_context_activation(false)
        .with_filter(filter_fn(|metadata| metadata.is_span()))
}

/// The ids of a span.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
}

impl Ids {
    /// Called while an event of the span is being handled.
    pub(super) fn of(span: &Id) -> Option<Self> {
        let context = get_default(|subscriber| get_otel_context(span, subscriber))?;
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
        let context = Span::current().context();
        TraceContextPropagator::new().inject_context(&context, &mut Outgoing(headers));
    }

    /// Ends the span of a call now: the order may fly on, and its stages with it.
    pub(super) fn end(self, call: &CallEnd<'_>) {
        let context = call.span.context();
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
        let value = self.0.get(key)?.to_str().ok()?;
        (value.len() <= MOST_STATE).then_some(value)
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
