//! Traces: spans on their way to OpenTelemetry, and the W3C context in and out.

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

use crate::domain::{CallerName, Dispatch};
use crate::observe::CallEnd;

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

/// The ids of a span. Called while an event of it is being handled.
pub(super) fn ids(span: &Id) -> Option<(TraceId, SpanId)> {
    let context = get_default(|subscriber| get_otel_context(span, subscriber))?;
    let span = context.span();
    let context = span.span_context();
    let ids = (context.trace_id(), context.span_id());
    context.is_valid().then_some(ids)
}

/// The traces of this process, where they are exported.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tracing;

impl Tracing {
    /// Makes the current span a child of the one that another process names, if it names one.
    pub(super) fn extract<'a>(self, told: &dyn Fn(&str) -> Option<&'a str>) {
        let parent = TraceContextPropagator::new().extract(&Told(told));
        // It has just begun, so it can be changed yet; if it is not traced, there is no need.
        let _ = Span::current().set_parent(parent);
    }

    /// Names the current span to another process.
    pub(super) fn inject(self, tell: &mut dyn FnMut(&str, String)) {
        let context = Span::current().context();
        TraceContextPropagator::new().inject_context(&context, &mut Telling(tell));
    }

    /// Ends the current span, which is a call's, now: the order may go on, and its stages with it.
    pub(super) fn end(self, call: &CallEnd) {
        let context = Span::current().context();
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

fn attributes(call: &CallEnd) -> impl Iterator<Item = KeyValue> {
    let caller = call.caller.as_ref().map(CallerName::shared);
    let error = (call.code != "OK").then(|| call.reason.unwrap_or(call.code));
    [
        ("rpc.response.status_code", Some(call.code)),
        ("error.type", error),
        ("idphoto.reason", call.reason),
        ("idphoto.dispatch", call.dispatch.map(Dispatch::name)),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some(KeyValue::new(key, value?)))
    .chain(caller.map(|name| KeyValue::new("caller", name)))
}

struct Told<'f, 'a>(&'f dyn Fn(&str) -> Option<&'a str>);

impl Extractor for Told<'_, '_> {
    fn get(&self, key: &str) -> Option<&str> {
        (self.0)(key).filter(|value| value.len() <= MOST_STATE)
    }

    fn keys(&self) -> Vec<&str> {
        Vec::new()
    }
}

struct Telling<'a>(&'a mut dyn FnMut(&str, String));

impl Injector for Telling<'_> {
    fn set(&mut self, key: &str, value: String) {
        (self.0)(key, value);
    }
}
