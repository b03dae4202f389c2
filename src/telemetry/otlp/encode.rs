//! A span in OTLP: `Span` of opentelemetry/proto/trace/v1/trace.proto.
//!
//! opentelemetry-proto makes the same of it with a dozen allocations more, which is most of what
//! a span costs. The tests hold the two against each other.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{SpanId, SpanKind, Status};
use opentelemetry::{KeyValue, Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind as Kind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_sdk::trace::SpanData;
use prost::Message as _;

/// Wire types of Protocol Buffers.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;
const FIXED32: u64 = 5;

/// `SpanFlags`: whether the parent is another process's is known, and so it is.
const KNOWS_REMOTE: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;

/// Appends a span.
pub(super) fn span(span: SpanData, to: &mut Vec<u8>) {
    if is_plain(&span) {
        plain(&span, to);
    } else {
        // A vector grows, so there is always room.
        let _ = Span::from(span).encode(to);
    }
}

/// Ours have neither events nor links nor lists.
fn is_plain(span: &SpanData) -> bool {
    let lists = |pair: &KeyValue| matches!(pair.value, Value::Array(_));
    let events = span.events.events.len() + span.events.dropped_count as usize;
    let links = span.links.links.len() + span.links.dropped_count as usize;
    events + links == 0 && !span.attributes.iter().any(lists)
}

fn plain(span: &SpanData, to: &mut Vec<u8>) {
    let context = &span.span_context;
    bytes(1, &context.trace_id().to_bytes(), to);
    bytes(2, &context.span_id().to_bytes(), to);
    some_bytes(3, context.trace_state().header().as_bytes(), to);
    if span.parent_span_id != SpanId::INVALID {
        bytes(4, &span.parent_span_id.to_bytes(), to);
    }
    some_bytes(5, span.name.as_bytes(), to);
    number(6, kind(&span.span_kind) as u64, to);
    fixed64(7, nanoseconds(span.start_time), to);
    fixed64(8, nanoseconds(span.end_time), to);
    for pair in &span.attributes {
        nested(9, to, |to| attribute(pair, to));
    }
    if span.dropped_attributes_count > 0 {
        number(10, u64::from(span.dropped_attributes_count), to);
    }
    nested(15, to, |to| status(&span.status, to));
    key(16, FIXED32, to);
    to.extend_from_slice(&flags(span).to_le_bytes());
}

const fn kind(kind: &SpanKind) -> Kind {
    match kind {
        SpanKind::Client => Kind::Client,
        SpanKind::Server => Kind::Server,
        SpanKind::Producer => Kind::Producer,
        SpanKind::Consumer => Kind::Consumer,
        SpanKind::Internal => Kind::Internal,
    }
}

fn flags(span: &SpanData) -> u32 {
    let sampled = u32::from(span.span_context.trace_flags().to_u8());
    let remote = if span.parent_span_is_remote {
        IS_REMOTE
    } else {
        0
    };
    sampled | KNOWS_REMOTE | remote
}

/// `KeyValue`
fn attribute(pair: &KeyValue, to: &mut Vec<u8>) {
    some_bytes(1, pair.key.as_str().as_bytes(), to);
    nested(2, to, |to| value(&pair.value, to));
}

/// `AnyValue`
fn value(value: &Value, to: &mut Vec<u8>) {
    match value {
        Value::Bool(truth) => number(2, u64::from(*truth), to),
        // A negative one is the same bits.
        Value::I64(integer) => number(3, integer.cast_unsigned(), to),
        Value::F64(float) => fixed64(4, float.to_bits(), to),
        text => bytes(1, text.as_str().as_bytes(), to),
    }
}

/// `Status`
fn status(status: &Status, to: &mut Vec<u8>) {
    match status {
        Status::Unset => {}
        Status::Ok => number(3, StatusCode::Ok as u64, to),
        Status::Error { description } => {
            some_bytes(2, description.as_bytes(), to);
            number(3, StatusCode::Error as u64, to);
        }
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn key(tag: u64, wire_type: u64, to: &mut Vec<u8>) {
    varint(tag << 3 | wire_type, to);
}

fn number(tag: u64, value: u64, to: &mut Vec<u8>) {
    key(tag, VARINT, to);
    varint(value, to);
}

fn fixed64(tag: u64, value: u64, to: &mut Vec<u8>) {
    key(tag, FIXED64, to);
    to.extend_from_slice(&value.to_le_bytes());
}

fn bytes(tag: u64, bytes: &[u8], to: &mut Vec<u8>) {
    key(tag, LENGTH, to);
    varint(bytes.len() as u64, to);
    to.extend_from_slice(bytes);
}

/// Bytes of a field that stands for none when it is absent.
fn some_bytes(tag: u64, some: &[u8], to: &mut Vec<u8>) {
    if !some.is_empty() {
        bytes(tag, some, to);
    }
}

/// A message within the message. Its length stands before it, and is known after it.
fn nested(tag: u64, to: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    key(tag, LENGTH, to);
    let begin = to.len();
    write(to);
    let end = to.len();
    varint((end - begin) as u64, to);
    let prefix = to.len() - end;
    if let Some(both) = to.get_mut(begin..) {
        both.rotate_right(prefix);
    }
}

fn varint(mut value: u64, to: &mut Vec<u8>) {
    while let Some(more) = std::num::NonZero::new(value >> 7) {
        to.push((value & 0x7f) as u8 | 0x80);
        value = more.get();
    }
    to.push(value as u8);
}

#[cfg(test)]
mod tests;
