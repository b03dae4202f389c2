//! One event, one line. Of the spans around it a line has the order id, when the event has
//! none itself, and the ids that lead to the trace.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::field::{RecordFields, VisitOutput as _};
use tracing_subscriber::fmt::format::{DefaultVisitor, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use super::super::level::is_ours;
use super::super::settings::LogFormat;
use super::super::trace::Ids;
use super::libraries::Libraries;

/// RFC 3339 with as many digits in each line, so that lines stand below each other.
const TIMESTAMP: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

const ORDER_ID: &str = "order_id";

/// Keeps nothing of a span's fields but the order id.
#[derive(Debug, Clone, Copy)]
pub(super) struct OrderIds;

impl<'w> FormatFields<'w> for OrderIds {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut found = Found(None);
        fields.record(&mut found);
        found
            .0
            .map_or(Ok(()), |order_id| writer.write_str(&order_id))
    }
}

struct Found(Option<String>);

impl Visit for Found {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == ORDER_ID {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

impl LogFormat {
    /// Says how many lines are not there, for a writer that is no subscriber.
    pub(super) fn lost(self, lines: u64) -> String {
        const TEXT: &str = "lines of the log were lost: standard error did not take them";
        // The format has nothing that can fail.
        let now = now().unwrap_or_default();
        self.plain(now, Level::WARN, TEXT, &[("lines", lines.into())])
    }

    /// Where in a library's source something was said, and how often that was not shown.
    fn library(self, now: String, metadata: &Metadata<'_>, left_out: u64) -> String {
        const TEXT: &str = "a library spoke; its words may hold a peer's bytes and are left out";
        let members = [
            ("library", metadata.target().into()),
            ("line", metadata.line().into()),
            ("left_out", left_out.into()),
        ];
        self.plain(now, *metadata.level(), TEXT, &members)
    }

    fn plain(self, now: String, level: Level, text: &str, fields: &[(&str, Value)]) -> String {
        match self {
            Self::Text => {
                let fields = fields
                    .iter()
                    .map(|(name, value)| format!(" {name}={value}"));
                format!("{now} {level:>5} {text}{}\n", fields.collect::<String>())
            }
            Self::Json => {
                let mut members = Members(Map::new());
                members.put("timestamp", now);
                members.put("level", level.as_str());
                members.put("message", text);
                for (name, value) in fields {
                    members.put(name, value.clone());
                }
                format!("{}\n", Value::Object(members.0))
            }
        }
    }
}

fn now() -> Result<String, fmt::Error> {
    let now = OffsetDateTime::now_utc().format(TIMESTAMP);
    now.map_err(|_| fmt::Error)
}

/// Writes lines, ours and those of libraries.
#[derive(Debug)]
pub(super) struct Lined {
    pub(super) format: LogFormat,
    pub(super) libraries: Arc<Libraries>,
}

impl<S> FormatEvent<S, OrderIds> for Lined
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, OrderIds>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (now, metadata) = (now()?, event.metadata());
        if !is_ours(metadata.target()) {
            let left_out = self.libraries.left_out(&metadata.callsite());
            return writer.write_str(&self.format.library(now, metadata, left_out));
        }
        let around = Around {
            order_id: order_id(context, event),
            ids: context
                .lookup_current()
                .and_then(|span| Ids::of(&span.id())),
        };
        match self.format {
            LogFormat::Text => text(&mut writer, &now, event, around)?,
            LogFormat::Json => write!(writer, "{}", json(now, event, around))?,
        }
        writeln!(writer)
    }
}

struct Around {
    order_id: Option<String>,
    ids: Option<Ids>,
}

/// The order id of the spans around an event that has no such field.
fn order_id<S>(context: &FmtContext<'_, S, OrderIds>, event: &Event<'_>) -> Option<String>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    if event.fields().any(|field| field.name() == ORDER_ID) {
        return None;
    }
    context.event_scope()?.find_map(|span| {
        let extensions = span.extensions();
        let fields = extensions.get::<FormattedFields<OrderIds>>()?;
        let order_id = fields.fields.trim();
        (!order_id.is_empty()).then(|| order_id.to_owned())
    })
}

fn text(writer: &mut Writer<'_>, now: &str, event: &Event<'_>, around: Around) -> fmt::Result {
    write!(writer, "{now} {:>5} ", event.metadata().level())?;
    let mut visitor = DefaultVisitor::new(writer.by_ref(), true);
    event.record(&mut visitor);
    visitor.finish()?;
    if let Some(order_id) = around.order_id {
        write!(writer, " {ORDER_ID}={order_id:?}")?;
    }
    match around.ids {
        Some(ids) => write!(writer, " trace_id={} span_id={}", ids.trace, ids.span),
        None => Ok(()),
    }
}

fn json(now: String, event: &Event<'_>, around: Around) -> Value {
    let mut members = Members(Map::new());
    members.put("timestamp", now);
    members.put("level", event.metadata().level().as_str());
    event.record(&mut members);
    if let Some(order_id) = around.order_id {
        members.put(ORDER_ID, order_id);
    }
    if let Some(ids) = around.ids {
        members.put("trace_id", ids.trace.to_string());
        members.put("span_id", ids.span.to_string());
    }
    Value::Object(members.0)
}

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
