//! Our spans as OpenTelemetry's, begun and ended by the SDK.
//!
//! tracing-opentelemetry would make them, too, and takes events in as well, for which a filter of
//! its own is needed, and reads the clock whenever a span is left. On a call with seven spans that
//! costs as much again as the spans.

use opentelemetry::Context;
use opentelemetry::trace::{SpanBuilder, Status, TraceContextExt as _, Tracer as _};
use opentelemetry_sdk::trace::SdkTracer;
use tracing::span::{Attributes, Id, Record};
use tracing::{Span, Subscriber};
use tracing_subscriber::registry::{LookupSpan, SpanRef};
use tracing_subscriber::{Layer, Registry, layer};

use super::fields::Fields;

/// Makes a span of a trace of each span that passes the filters.
pub(in super::super) struct Spans(SdkTracer);

/// A span's place in its trace, in its extensions.
struct Place(Context);

/// The context of a span; `None` where it is not traced.
pub(in super::super) fn context_of<S>(span: &SpanRef<'_, S>) -> Option<Context>
where
    S: for<'span> LookupSpan<'span>,
{
    let extensions = span.extensions();
    Some(extensions.get::<Place>()?.0.clone())
}

/// The same, from anywhere.
pub(super) fn context(span: &Span) -> Option<Context> {
    let found = span.with_subscriber(|(id, subscriber)| {
        let registry = subscriber.downcast_ref::<Registry>()?;
        context_of(&registry.span(id)?)
    });
    found.flatten()
}

impl Spans {
    pub(in super::super) const fn new(tracer: SdkTracer) -> Self {
        Self(tracer)
    }

    fn begin(&self, name: &'static str, fields: Fields, parent: &Context) -> Context {
        let mut builder = SpanBuilder::from_name(fields.name.unwrap_or(name.into()));
        builder.span_kind = fields.kind;
        builder.attributes = Some(fields.attributes);
        parent.with_span(self.0.build_with_context(builder, parent))
    }
}

impl<S> Layer<S> for Spans
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, spans: layer::Context<'_, S>) {
        let Some(span) = spans.span(id) else {
            return;
        };
        // Outside of our spans it is a context from another process, or none.
        let parent = span.parent().and_then(|parent| context_of(&parent));
        let parent = parent.unwrap_or_else(Context::current);
        let mut fields = Fields::with_capacity(attributes.fields().len());
        attributes.record(&mut fields);
        let context = self.begin(attributes.metadata().name(), fields, &parent);
        span.extensions_mut().insert(Place(context));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, spans: layer::Context<'_, S>) {
        let context = spans.span(id).and_then(|span| context_of(&span));
        let Some(context) = context else {
            return;
        };
        let mut fields = Fields::default();
        values.record(&mut fields);
        let span = context.span();
        span.set_attributes(fields.attributes);
        if fields.failed {
            span.set_status(Status::error(""));
        }
    }

    fn on_close(&self, id: Id, spans: layer::Context<'_, S>) {
        let place = spans
            .span(&id)
            .and_then(|span| span.extensions_mut().remove::<Place>());
        if let Some(Place(context)) = place {
            context.span().end();
        }
    }
}
