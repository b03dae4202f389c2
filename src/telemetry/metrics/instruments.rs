//! The instruments that events are counted with.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, UpDownCounter};

use time::OffsetDateTime;

use super::table::{self, Kind, Metric, described};
use crate::observe::HandshakeFailure;

/// The reasons of the contract, each with the dispatch that it usually has.
pub(super) const REASONS: [(&str, &str); 17] = [
    ("INVALID_FIELD", "NOT_SENT"),
    ("REQUEST_TOO_LARGE", "NOT_SENT"),
    ("ORDER_ID_REUSED", "NOT_SENT"),
    ("UNAUTHENTICATED", "NOT_SENT"),
    ("PERMISSION_DENIED", "NOT_SENT"),
    ("QUOTA_EXCEEDED", "NOT_SENT"),
    ("OVERLOADED", "NOT_SENT"),
    ("DRAINING", "NOT_SENT"),
    ("LEDGER_UNAVAILABLE", "NOT_SENT"),
    ("SIGNING_UNAVAILABLE", "NOT_SENT"),
    ("UPI_UNREACHABLE", "NOT_SENT"),
    ("DEADLINE_TOO_SHORT", "NOT_SENT"),
    ("UPI_REFUSED", "REFUSED"),
    ("ANSWER_PENDING", "IN_FLIGHT"),
    ("OUTCOME_UNKNOWN", "UNKNOWN"),
    ("GATEWAY_FAULT", "UNKNOWN"),
    ("VERIFICATION_NOT_FOUND", "NONE"),
];

macro_rules! instruments {
    ($($field:ident: $kind:ty = $row:ident;)*) => {
        /// One for each row of the table that events change.
        pub(super) struct Instruments {
            $(pub(super) $field: $kind,)*
        }

        impl Instruments {
            pub(super) fn new(meter: &Meter) -> Self {
                Self {
                    $($field: Instrument::of(meter, &table::$row),)*
                }
            }
        }
    };
}

instruments! {
    call_duration: Histogram<f64> = CALL_DURATION;
    calls_active: UpDownCounter<i64> = CALLS_ACTIVE;
    calls_joined: Counter<u64> = CALLS_JOINED;
    calls_replayed: Counter<u64> = CALLS_REPLAYED;
    forwarded_ignored: Counter<u64> = FORWARDED_IGNORED;
    attempts_replayed: Counter<u64> = ATTEMPTS_REPLAYED;
    handshakes_failed: Counter<u64> = HANDSHAKES_FAILED;
    keys_read: Counter<u64> = KEYS_READ;
    keys_count: Gauge<u64> = KEYS_COUNT;
    keys_last_good: Gauge<f64> = KEYS_LAST_GOOD;
    errors: Counter<u64> = ERRORS;
    stage_duration: Histogram<f64> = STAGE_DURATION;
    orders_active: Gauge<u64> = ORDERS_ACTIVE;
    orders_ended: Counter<u64> = ORDERS_ENDED;
    outcome_unknown: Counter<u64> = OUTCOME_UNKNOWN;
    ledger_up: Gauge<u64> = LEDGER_UP;
    ledger_commit_duration: Histogram<f64> = LEDGER_COMMIT_DURATION;
    ledger_commit_changes: Histogram<u64> = LEDGER_COMMIT_CHANGES;
    ledger_unsettled: Gauge<u64> = LEDGER_UNSETTLED;
    ledger_swept: Counter<u64> = LEDGER_SWEPT;
    ledger_late: Counter<u64> = LEDGER_LATE;
    ledger_orders: Gauge<u64> = LEDGER_ORDERS;
    ledger_size: Gauge<u64> = LEDGER_SIZE;
    upi_duration: Histogram<f64> = UPI_DURATION;
    reused_broken: Counter<u64> = REUSED_BROKEN;
    circuit: Gauge<u64> = CIRCUIT;
    circuit_refused: Counter<u64> = CIRCUIT_REFUSED;
    paused: Gauge<u64> = PAUSED;
    clock_skew: Gauge<f64> = CLOCK_SKEW;
    reloads: Counter<u64> = RELOADS;
    reload_refused: Gauge<u64> = RELOAD_REFUSED;
    reload_last_good: Gauge<f64> = RELOAD_LAST_GOOD;
    answers: Counter<u64> = ANSWERS;
    confidence: Histogram<u64> = CONFIDENCE;
}

impl Instruments {
    /// A counter that is not there cannot be seen to rise: its first error would be none
    /// to whoever looks at rates.
    pub(super) fn begin_at_zero(&self) {
        self.calls_joined.add(0, &[]);
        self.calls_replayed.add(0, &[]);
        self.forwarded_ignored.add(0, &[]);
        self.outcome_unknown.add(0, &[]);
        self.orders_active.record(0, &[]);
        self.ledger_unsettled.record(0, &[]);
        self.ledger_swept.add(0, &[]);
        self.circuit.record(0, &[]);
        self.paused.record(0, &[]);
        self.reload_refused.record(0, &[]);
        self.reload_last_good
            .record(seconds(OffsetDateTime::now_utc()), &[]);
        for result in ["good", "refused"] {
            self.reloads.add(0, &[KeyValue::new("result", result)]);
        }
        for result in ["good", "failed"] {
            self.keys_read.add(0, &[KeyValue::new("result", result)]);
        }
        self.circuit_refused.add(0, &[]);
        self.ledger_late.add(0, &[]);
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

/// Since 1970.
pub(super) fn seconds(at: OffsetDateTime) -> f64 {
    (at - OffsetDateTime::UNIX_EPOCH).as_seconds_f64()
}

trait Instrument {
    fn of(meter: &Meter, metric: &Metric) -> Self;
}

macro_rules! made_by {
    ($($kind:ty: $method:ident $(.$bounded:ident)?;)*) => {
        $(impl Instrument for $kind {
            fn of(meter: &Meter, metric: &Metric) -> Self {
                described!(meter, $method, metric)$(.$bounded(bounds(metric)))?.build()
            }
        })*
    };
}

made_by! {
    Counter<u64>: u64_counter;
    UpDownCounter<i64>: i64_up_down_counter;
    Gauge<u64>: u64_gauge;
    Gauge<f64>: f64_gauge;
    Histogram<f64>: f64_histogram.with_boundaries;
    Histogram<u64>: u64_histogram.with_boundaries;
}

fn bounds(metric: &Metric) -> Vec<f64> {
    match metric.kind {
        Kind::Histogram(bounds) => bounds.to_vec(),
        Kind::Counter | Kind::Gauge => Vec::new(),
    }
}
