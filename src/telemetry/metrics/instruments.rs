//! The instruments that events are counted with.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, UpDownCounter};

use super::table::{self, Kind, Metric};
use crate::observe::HandshakeFailure;

/// The reasons of the contract, each with the dispatch that it usually has.
pub(super) const REASONS: [(&str, &str); 16] = [
    ("INVALID_FIELD", "NOT_SENT"),
    ("REQUEST_TOO_LARGE", "NOT_SENT"),
    ("ORDER_ID_REUSED", "NOT_SENT"),
    ("UNAUTHENTICATED", "NOT_SENT"),
    ("PERMISSION_DENIED", "NOT_SENT"),
    ("QUOTA_EXCEEDED", "NOT_SENT"),
    ("OVERLOADED", "NOT_SENT"),
    ("DRAINING", "NOT_SENT"),
    ("LEDGER_UNAVAILABLE", "NOT_SENT"),
    ("UPI_UNREACHABLE", "NOT_SENT"),
    ("DEADLINE_TOO_SHORT", "NOT_SENT"),
    ("UPI_REFUSED", "REFUSED"),
    ("ANSWER_PENDING", "IN_FLIGHT"),
    ("OUTCOME_UNKNOWN", "UNKNOWN"),
    ("GATEWAY_FAULT", "UNKNOWN"),
    ("VERIFICATION_NOT_FOUND", "NONE"),
];

/// One for each row of the table that events change.
pub(super) struct Instruments {
    pub(super) call_duration: Histogram<f64>,
    pub(super) calls_active: UpDownCounter<i64>,
    pub(super) calls_joined: Counter<u64>,
    pub(super) calls_replayed: Counter<u64>,
    pub(super) attempts_replayed: Counter<u64>,
    pub(super) handshakes_failed: Counter<u64>,
    pub(super) errors: Counter<u64>,
    pub(super) stage_duration: Histogram<f64>,
    pub(super) orders_active: Gauge<u64>,
    pub(super) orders_ended: Counter<u64>,
    pub(super) outcome_unknown: Counter<u64>,
    pub(super) upi_duration: Histogram<f64>,
    pub(super) reused_broken: Counter<u64>,
    pub(super) clock_skew: Gauge<f64>,
    pub(super) answers: Counter<u64>,
    pub(super) confidence: Histogram<u64>,
}

impl Instruments {
    pub(super) fn new(meter: &Meter) -> Self {
        Self {
            call_duration: seconds(meter, &table::CALL_DURATION),
            calls_active: meter
                .i64_up_down_counter(table::CALLS_ACTIVE.name)
                .with_unit(table::CALLS_ACTIVE.unit)
                .with_description(table::CALLS_ACTIVE.help)
                .build(),
            calls_joined: counter(meter, &table::CALLS_JOINED),
            calls_replayed: counter(meter, &table::CALLS_REPLAYED),
            attempts_replayed: counter(meter, &table::ATTEMPTS_REPLAYED),
            handshakes_failed: counter(meter, &table::HANDSHAKES_FAILED),
            errors: counter(meter, &table::ERRORS),
            stage_duration: seconds(meter, &table::STAGE_DURATION),
            orders_active: meter
                .u64_gauge(table::ORDERS_ACTIVE.name)
                .with_unit(table::ORDERS_ACTIVE.unit)
                .with_description(table::ORDERS_ACTIVE.help)
                .build(),
            orders_ended: counter(meter, &table::ORDERS_ENDED),
            outcome_unknown: counter(meter, &table::OUTCOME_UNKNOWN),
            upi_duration: seconds(meter, &table::UPI_DURATION),
            reused_broken: counter(meter, &table::REUSED_BROKEN),
            clock_skew: meter
                .f64_gauge(table::CLOCK_SKEW.name)
                .with_unit(table::CLOCK_SKEW.unit)
                .with_description(table::CLOCK_SKEW.help)
                .build(),
            answers: counter(meter, &table::ANSWERS),
            confidence: meter
                .u64_histogram(table::CONFIDENCE.name)
                .with_unit(table::CONFIDENCE.unit)
                .with_description(table::CONFIDENCE.help)
                .with_boundaries(bounds(&table::CONFIDENCE))
                .build(),
        }
    }

    /// A counter that is not there cannot be seen to rise: its first error would be none
    /// to whoever looks at rates.
    pub(super) fn begin_at_zero(&self) {
        self.calls_joined.add(0, &[]);
        self.calls_replayed.add(0, &[]);
        self.outcome_unknown.add(0, &[]);
        self.orders_active.record(0, &[]);
        for by in ["envoy", "grpc"] {
            self.attempts_replayed.add(0, &[KeyValue::new("by", by)]);
        }
        for cause in HandshakeFailure::ALL {
            let cause = KeyValue::new("cause", cause.name());
            self.handshakes_failed.add(0, &[cause]);
        }
        for end in ["ANSWERED", "NOT_SENT", "REFUSED", "UNKNOWN"] {
            self.orders_ended.add(0, &[KeyValue::new("dispatch", end)]);
        }
        for end in ["NOT_SENT", "UNKNOWN"] {
            self.reused_broken.add(0, &[KeyValue::new("dispatch", end)]);
        }
        for (reason, dispatch) in REASONS {
            let labels = [
                KeyValue::new("reason", reason),
                KeyValue::new("dispatch", dispatch),
            ];
            self.errors.add(0, &labels);
        }
    }
}

fn counter(meter: &Meter, metric: &Metric) -> Counter<u64> {
    meter
        .u64_counter(metric.name)
        .with_unit(metric.unit)
        .with_description(metric.help)
        .build()
}

fn seconds(meter: &Meter, metric: &Metric) -> Histogram<f64> {
    meter
        .f64_histogram(metric.name)
        .with_unit(metric.unit)
        .with_description(metric.help)
        .with_boundaries(bounds(metric))
        .build()
}

fn bounds(metric: &Metric) -> Vec<f64> {
    match metric.kind {
        Kind::Histogram(bounds) => bounds.to_vec(),
        Kind::Counter | Kind::Gauge => Vec::new(),
    }
}
