//! What a collector rejects of a message that it takes ("partial success" of OTLP).
//!
//! The exporters tell it in an event of theirs and nowhere else
//! (open-telemetry/opentelemetry-rust, issue 865), so that event is read.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::telemetry::losses::Signal;

/// How the targets of OpenTelemetry's crates begin.
pub(in super::super) const TARGET: &str = "opentelemetry";

/// What was rejected of the message that is being sent: one at a time for each signal.
#[derive(Debug, Default)]
pub(super) struct Rejected {
    spans: AtomicU64,
    points: AtomicU64,
}

impl Rejected {
    const fn of(&self, signal: Signal) -> &AtomicU64 {
        match signal {
            Signal::Traces => &self.spans,
            Signal::Metrics => &self.points,
        }
    }

    /// Less than none is none.
    pub(super) fn add(&self, signal: Signal, items: i64) {
        let items = u64::try_from(items).unwrap_or(0);
        self.of(signal).fetch_add(items, Ordering::Relaxed);
    }

    pub(super) fn take(&self, signal: Signal) -> u64 {
        self.of(signal).swap(0, Ordering::Relaxed)
    }
}

/// Takes events of OpenTelemetry's crates out of the log: the export tells its troubles itself,
/// and their texts may come from a collector.
#[derive(Debug)]
pub(in super::super) struct Listener(pub(super) Arc<Rejected>);

impl<S: Subscriber> Layer<S> for Listener {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let theirs = event.metadata().target().starts_with(TARGET);
        if theirs {
            event.record(&mut Numbers(&self.0));
        }
        !theirs
    }
}

struct Numbers<'a>(&'a Rejected);

impl Visit for Numbers<'_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        match field.name() {
            "rejected_spans" => self.0.add(Signal::Traces, value),
            "rejected_data_points" => self.0.add(Signal::Metrics, value),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
