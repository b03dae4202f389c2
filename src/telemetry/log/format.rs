//! One event, one line. Spans are left out: what they know stands in the event, and their
//! ids lead to the trace.

use std::fmt;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tracing::dispatcher::get_default;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::field::{RecordFields, VisitOutput as _};
use tracing_subscriber::fmt::format::{DefaultVisitor, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::super::trace::Ids;

/// How a line is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Line {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Keeps nothing of a span's fields: no line shows them.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoFields;

impl<'w> FormatFields<'w> for NoFields {
    fn format_fields<R: RecordFields>(&self, _: Writer<'w>, _: R) -> fmt::Result {
        Ok(())
    }
}

impl<S> FormatEvent<S, NoFields> for Line
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, NoFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let now = OffsetDateTime::now_utc().format(&Rfc3339);
        let now = now.map_err(|_| fmt::Error)?;
        let ids = ids(context);
        match self {
            Self::Text => text(&mut writer, &now, event, ids)?,
            Self::Json => write!(writer, "{}", json(now, event, ids))?,
        }
        writeln!(writer)
    }
}

/// The ids of the current span; `None` while nothing is traced.
fn ids<S>(context: &FmtContext<'_, S, NoFields>) -> Option<Ids>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let span = context.lookup_current()?;
    get_default(|dispatch| get_otel_context(&span.id(), dispatch))
        .as_ref()
        .and_then(Ids::of)
}

fn text(writer: &mut Writer<'_>, now: &str, event: &Event<'_>, ids: Option<Ids>) -> fmt::Result {
    write!(writer, "{now} {:>5} ", event.metadata().level())?;
    let mut visitor = DefaultVisitor::new(writer.by_ref(), true);
    event.record(&mut visitor);
    visitor.finish()?;
    match ids {
        Some(ids) => write!(writer, " trace_id={} span_id={}", ids.trace, ids.span),
        None => Ok(()),
    }
}

fn json(now: String, event: &Event<'_>, ids: Option<Ids>) -> Value {
    let mut members = Members(Map::new());
    members.put("timestamp", now);
    members.put("level", event.metadata().level().as_str());
    event.record(&mut members);
    if let Some(ids) = ids {
        members.put("trace_id", ids.trace.to_string());
        members.put("span_id", ids.span.to_string());
    }
    Value::Object(members.0)
}

/// Members of a line in JSON.
struct Members(Map<String, Value>);

impl Members {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }
}

impl Visit for Members {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), format!("{value:?}"));
    }
}
