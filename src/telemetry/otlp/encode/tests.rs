//! The library's conversion says what is right.

use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::trace::{
    Event, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use prost::Message as _;

fn context(state: TraceState) -> SpanContext {
    let trace = TraceId::from(0x4b4b_4b4b_4b4b_4b4b_4b4b_4b4b_4b4b_4b4b_u128);
    let span = SpanId::from(0x2a2a_2a2a_2a2a_2a2a_u64);
    SpanContext::new(trace, span, TraceFlags::SAMPLED, false, state)
}

fn data() -> SpanData {
    SpanData {
        span_context: context(TraceState::default()),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: "seal".into(),
        start_time: UNIX_EPOCH + Duration::from_nanos(1_767_225_600_123_456_789),
        end_time: UNIX_EPOCH + Duration::from_nanos(1_767_225_600_987_654_321),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("test").build(),
    }
}

/// Behind something that stands there already, as in the queue.
fn encoded(data: SpanData) -> Span {
    let mut bytes = vec![0xff];
    super::span(data, &mut bytes);
    Span::decode(&bytes[1..]).unwrap()
}

#[track_caller]
fn assert_as_the_library(data: SpanData) {
    assert_eq!(encoded(data.clone()), Span::from(data));
}

fn with_attribute(value: impl Into<Value>) -> SpanData {
    let attributes = vec![KeyValue::new("first", 1), KeyValue::new("key", value)];
    SpanData {
        attributes,
        ..data()
    }
}

#[test]
fn a_span_without_anything() {
    assert_as_the_library(data());
    assert_as_the_library(SpanData {
        name: "".into(),
        start_time: UNIX_EPOCH,
        ..data()
    });
}

#[test]
fn a_child_here_and_a_child_of_another_process() {
    for parent_span_is_remote in [false, true] {
        assert_as_the_library(SpanData {
            parent_span_id: SpanId::from(7),
            parent_span_is_remote,
            ..data()
        });
    }
}

#[test]
fn every_kind() {
    for span_kind in [
        SpanKind::Client,
        SpanKind::Server,
        SpanKind::Producer,
        SpanKind::Consumer,
        SpanKind::Internal,
    ] {
        assert_as_the_library(SpanData {
            span_kind,
            ..data()
        });
    }
}

#[test]
fn every_status() {
    for status in [
        Status::Ok,
        Status::error(""),
        Status::error("a description"),
    ] {
        assert_as_the_library(SpanData { status, ..data() });
    }
}

#[test]
fn attributes_of_every_type_and_length() {
    for truth in [false, true] {
        assert_as_the_library(with_attribute(truth));
    }
    for integer in [0, 1, 127, 128, -1, i64::MIN, i64::MAX] {
        assert_as_the_library(with_attribute(integer));
    }
    for float in [0.0, -0.5, f64::MAX] {
        assert_as_the_library(with_attribute(float));
    }
    // Around the lengths at which a length takes another byte.
    for length in [
        0, 1, 115, 120, 121, 122, 123, 127, 128, 16_383, 16_384, 20_000,
    ] {
        assert_as_the_library(with_attribute("x".repeat(length)));
    }
    assert_as_the_library(SpanData {
        dropped_attributes_count: 300,
        ..with_attribute("x")
    });
}

#[test]
fn a_trace_state() {
    let state = TraceState::from_key_value([("vendor", "value"), ("other", "1")]).unwrap();
    assert_as_the_library(SpanData {
        span_context: context(state),
        ..data()
    });
}

#[test]
fn what_ours_do_not_have_is_not_lost() {
    let list = Value::Array(Array::I64(vec![1, 2]));
    assert_as_the_library(with_attribute(list));
    let mut events = SpanEvents::default();
    events.events = vec![Event::new("event", UNIX_EPOCH, Vec::new(), 0)];
    assert_as_the_library(SpanData { events, ..data() });
    let mut links = SpanLinks::default();
    links.dropped_count = 3;
    assert_as_the_library(SpanData { links, ..data() });
}
