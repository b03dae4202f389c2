use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{SpanId, SpanKind, Status, TracerProvider as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanProcessor};
use tracing::{Span, field, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use super::Tracing;
use crate::domain::CallerName;
use crate::observe::CallEnd;

const TRACEPARENT: &str = "00-4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b-2a2a2a2a2a2a2a2a-01";
const TRACE: &str = "4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b";
const CALLER: &str = "2a2a2a2a2a2a2a2a";

#[derive(Debug, Clone, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl SpanProcessor for Ended {
    fn on_start(&self, _: &mut opentelemetry_sdk::trace::Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The spans that ended while `run` ran, in that order.
fn recorded(run: impl FnOnce()) -> Vec<SpanData> {
    let ended = Ended::default();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(ended.clone())
        .build();
    let subscriber = registry().with(super::layer(provider.tracer("test")));
    tracing::subscriber::with_default(subscriber, run);
    let spans = ended.0.lock().unwrap();
    spans.clone()
}

fn names(spans: &[SpanData]) -> Vec<&str> {
    spans.iter().map(|span| span.name.as_ref()).collect()
}

fn attributes(span: &SpanData) -> Vec<(&str, String)> {
    let pairs = span.attributes.iter();
    pairs
        .map(|pair| (pair.key.as_str(), pair.value.to_string()))
        .collect()
}

/// Begins a span, told that it is a part of another process's.
fn begin(told: &[(&str, &str)], span: Span) {
    let told = |name: &str| {
        let found = told.iter().find(|(told, _)| *told == name);
        found.map(|(_, value)| *value)
    };
    span.in_scope(|| Tracing.extract(&told));
}

fn end(span: &Span, code: &'static str, reason: Option<&'static str>) {
    let call = CallEnd {
        method: "method",
        caller: CallerName::parse("loans"),
        code,
        reason,
        dispatch: None,
        took: Duration::ZERO,
    };
    span.in_scope(|| Tracing.end(&call));
}

#[test]
fn spans_within_a_span_are_its_children() {
    let spans = recorded(|| {
        let call = info_span!("call", otel.kind = "server");
        call.in_scope(|| info_span!("stage").in_scope(|| info_span!("step").in_scope(|| ())));
        info_span!(parent: &call, "told").in_scope(|| ());
    });
    assert_eq!(names(&spans), ["step", "stage", "told", "call"]);
    let [step, stage, told, call] = &spans[..] else {
        panic!("{spans:?}");
    };
    assert_eq!(step.parent_span_id, stage.span_context.span_id());
    assert_eq!(stage.parent_span_id, call.span_context.span_id());
    assert_eq!(told.parent_span_id, call.span_context.span_id());
    assert_eq!(call.parent_span_id, SpanId::INVALID);
    let trace = call.span_context.trace_id();
    assert!(
        spans
            .iter()
            .all(|span| span.span_context.trace_id() == trace)
    );
    assert_eq!(call.span_kind, SpanKind::Server);
    assert_eq!(stage.span_kind, SpanKind::Internal);
    assert!(call.start_time <= stage.start_time && stage.end_time <= call.end_time);
}

#[test]
fn a_span_whose_clones_live_on_has_not_ended() {
    let spans = recorded(|| {
        let span = info_span!("span");
        let clone = span.clone();
        span.in_scope(|| ());
        drop(span);
        info_span!("within time").in_scope(|| ());
        drop(clone);
    });
    assert_eq!(names(&spans), ["within time", "span"]);
}

#[test]
fn fields_are_attributes_and_some_say_what_the_span_is() {
    let spans = recorded(|| {
        let span = info_span!(
            "span",
            otel.name = "name",
            otel.kind = "client",
            otel.status_code = field::Empty,
            text = "a",
            number = -1,
            large = u64::MAX,
            truth = true,
            part = 0.5,
            shown = ?Some(1),
            later = field::Empty,
            never = field::Empty,
        );
        span.record("later", 200_u16);
        span.record("otel.status_code", "error");
    });
    let [span] = &spans[..] else {
        panic!("{spans:?}");
    };
    assert_eq!(
        (span.name.as_ref(), &span.span_kind),
        ("name", &SpanKind::Client)
    );
    assert_eq!(span.status, Status::error(""));
    let expected = [
        ("text", "a"),
        ("number", "-1"),
        ("large", "18446744073709551615"),
        ("truth", "true"),
        ("part", "0.5"),
        ("shown", "Some(1)"),
        ("later", "200"),
    ];
    assert_eq!(
        attributes(span),
        expected.map(|(key, value)| (key, value.to_owned()))
    );
}

#[test]
fn events_stay_in_the_log() {
    let spans = recorded(|| info_span!("span").in_scope(|| info!(secret = 1, "event")));
    assert!(spans[0].events.is_empty());
    assert!(spans[0].attributes.is_empty());
}

#[test]
fn a_trace_that_metadata_names_goes_on() {
    let spans = recorded(|| begin(&[("traceparent", TRACEPARENT)], info_span!("call")));
    let context = &spans[0].span_context;
    assert_eq!(context.trace_id().to_string(), TRACE);
    assert_eq!(spans[0].parent_span_id.to_string(), CALLER);
    assert!(spans[0].parent_span_is_remote);
    assert!(!context.is_remote());
}

#[test]
fn a_callers_state_goes_along_up_to_a_length() {
    for (length, goes) in [(512, true), (513, false)] {
        let (one, rest) = ("x".repeat(200), "x".repeat(length - 408));
        let state = format!("a={one},b={one},c={rest}");
        assert_eq!(state.len(), length);
        let told = [("traceparent", TRACEPARENT), ("tracestate", &state)];
        let spans = recorded(|| begin(&told, info_span!("call")));
        let context = &spans[0].span_context;
        assert_eq!(context.trace_id().to_string(), TRACE);
        let expected = if goes { state } else { String::new() };
        assert_eq!(context.trace_state().header(), expected);
    }
}

#[test]
fn metadata_that_names_no_trace_begins_one() {
    let malformed = "00-00000000000000000000000000000000-2a2a2a2a2a2a2a2a-01";
    for told in [
        &[][..],
        &[("traceparent", malformed)],
        &[("traceparent", "canary")],
    ] {
        let spans = recorded(|| begin(told, info_span!("call")));
        assert_eq!(spans[0].parent_span_id, SpanId::INVALID);
        assert!(spans[0].span_context.is_valid());
    }
}

#[test]
fn one_trace_does_not_leak_into_the_next() {
    let spans = recorded(|| {
        begin(&[("traceparent", TRACEPARENT)], info_span!("first"));
        drop(info_span!("second"));
    });
    assert_eq!(spans[1].parent_span_id, SpanId::INVALID);
    assert_ne!(spans[1].span_context.trace_id().to_string(), TRACE);
}

#[test]
fn a_call_ends_when_it_is_told_to_and_its_stages_go_on_in_its_trace() {
    let spans = recorded(|| {
        let call = info_span!("call");
        end(&call, "DEADLINE_EXCEEDED", Some("ANSWER_PENDING"));
        call.in_scope(|| info_span!("settle").in_scope(|| ()));
    });
    assert_eq!(names(&spans), ["call", "settle"]);
    assert_eq!(spans[1].parent_span_id, spans[0].span_context.span_id());
    assert_eq!(spans[0].status, Status::error(""));
    let expected = [
        ("rpc.response.status_code", "DEADLINE_EXCEEDED"),
        ("error.type", "ANSWER_PENDING"),
        ("idphoto.reason", "ANSWER_PENDING"),
        ("caller", "loans"),
    ];
    assert_eq!(
        attributes(&spans[0]),
        expected.map(|(key, value)| (key, value.to_owned()))
    );
}

#[test]
fn a_callers_fault_is_no_error_of_the_server() {
    let spans = recorded(|| {
        let call = info_span!("call");
        end(&call, "INVALID_ARGUMENT", Some("INVALID_FIELD"));
    });
    assert_eq!(spans[0].status, Status::Unset);
}

#[test]
fn the_current_span_is_injected() {
    let mut told = Vec::new();
    let mut tell = |name: &str, value: String| told.push((name.to_owned(), value));
    let spans = recorded(|| {
        Tracing.inject(&mut tell);
        info_span!("call").in_scope(|| Tracing.inject(&mut tell));
    });
    let context = &spans[0].span_context;
    let expected = format!("00-{}-{}-01", context.trace_id(), context.span_id());
    told.retain(|(_, value)| !value.is_empty());
    assert_eq!(told, [("traceparent".to_owned(), expected)]);
}
