//! Fields of a span: attributes, and some that say what the span is.

use std::borrow::Cow;
use std::fmt;

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use tracing::field::{Field, Visit};

/// What was recorded. `otel.name`, `otel.kind` and `otel.status_code` are understood as by
/// tracing-opentelemetry, as far as our spans have them.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) name: Option<Cow<'static, str>>,
    pub(super) kind: Option<SpanKind>,
    /// The status is an error.
    pub(super) failed: bool,
    pub(super) attributes: Vec<KeyValue>,
}

impl Fields {
    pub(super) fn with_capacity(attributes: usize) -> Self {
        Self {
            attributes: Vec::with_capacity(attributes),
            ..Self::default()
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match (field.name(), value) {
            ("otel.name", name) => self.name = Some(name.to_owned().into()),
            ("otel.kind", "server") => self.kind = Some(SpanKind::Server),
            ("otel.kind", "client") => self.kind = Some(SpanKind::Client),
            ("otel.status_code", "error") => self.failed = true,
            (key, value) => self.attributes.push(KeyValue::new(key, value.to_owned())),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attributes.push(KeyValue::new(field.name(), value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.record_i64(field, value),
            // OpenTelemetry has no such number.
            Err(_) => self.record_str(field, &value.to_string()),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.attributes.push(KeyValue::new(field.name(), value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.attributes.push(KeyValue::new(field.name(), value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
