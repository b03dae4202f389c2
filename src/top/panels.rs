//! What of a reading goes into which panel, and what deserves a colour.

use super::histogram::Histogram;
use super::panel::{Panel, Row, Tone};
use super::reading::{Key, Reading};
use super::tally::Count;
use super::words::{self, NOTHING};
use crate::telemetry::metrics::table::{
    CALL_DURATION, CALLS_JOINED, CALLS_REPLAYED, CLOCK_SKEW, CONFIDENCE, DESCRIPTORS, MEMORY,
    ORDERS_ACTIVE, ORDERS_LIMIT, OUTCOME_UNKNOWN, TELEMETRY_LOST, UPI_DURATION,
};

const DAY: f64 = 24.0 * 60.0 * 60.0;

/// Less than this until a certificate expires is worth a thought, or a hurry (seconds).
const EXPIRES_SOON: f64 = 30.0 * DAY;
const EXPIRES_NOW: f64 = 7.0 * DAY;

/// Both sides refuse signatures that are off by 300 s.
const SKEW_SOON: f64 = 30.0;
const SKEW_NOW: f64 = 240.0;

/// This part of the orders' limit in use is nearly all of it.
const NEARLY_FULL: f64 = 0.8;

/// All panels; what matters most comes first.
pub(super) fn all(reading: &Reading) -> Vec<Panel> {
    vec![
        calls(reading),
        latency(reading),
        orders(reading),
        errors(reading),
        answers(reading),
        upi(reading),
        process(reading),
    ]
}

fn calls(reading: &Reading) -> Panel {
    let rows = counters(reading, &reading.calls(), "none yet");
    Panel::new("Calls by code", rows)
}

fn latency(reading: &Reading) -> Panel {
    let row = |label: &str, histogram: &Histogram| {
        let percentiles: Option<Vec<_>> = [0.5, 0.95, 0.99]
            .iter()
            .map(|part| histogram.quantile(*part).map(words::latency))
            .collect();
        match percentiles {
            Some(percentiles) => Row::new(label, percentiles.join("  ")),
            None => Row::new(label, NOTHING).tone(Tone::Quiet),
        }
    };
    let rows = vec![
        row("gateway now", &reading.recent(&CALL_DURATION)),
        row("gateway, all", &reading.histogram(&CALL_DURATION)),
        row("UPI now", &reading.recent(&UPI_DURATION)),
        row("UPI, all", &reading.histogram(&UPI_DURATION)),
    ];
    Panel::new("Latency p50 p95 p99", rows)
}

fn orders(reading: &Reading) -> Panel {
    let active = reading.value(&ORDERS_ACTIVE);
    let in_flight = match (active, reading.value(&ORDERS_LIMIT)) {
        (Some(active), Some(limit)) => {
            let full = active >= limit * NEARLY_FULL && active > 0.0;
            let value = format!("{} of {}", words::count(active), words::count(limit));
            let tone = if full { Tone::Warning } else { Tone::Plain };
            Row::new("in flight", value).tone(tone)
        }
        _ => Row::new("in flight", known(active)),
    };
    let outcome_unknown = reading.value(&OUTCOME_UNKNOWN);
    let rows = vec![
        in_flight,
        alarming("outcome unknown", outcome_unknown, Tone::Alarm),
        Row::new("joined", known(reading.value(&CALLS_JOINED))),
        Row::new("replayed", known(reading.value(&CALLS_REPLAYED))),
    ];
    Panel::new("Orders", rows)
}

fn errors(reading: &Reading) -> Panel {
    let rows = counters(reading, &reading.errors(), "none");
    Panel::new("Errors by reason", rows)
}

fn answers(reading: &Reading) -> Panel {
    let mut rows = counters(reading, &reading.answers(), "none yet");
    let confidence = reading.histogram(&CONFIDENCE);
    if let (Some(median), Some(mean)) = (confidence.quantile(0.5), confidence.mean()) {
        let value = format!("median {median:.0}, mean {mean:.0}");
        rows.push(Row::new("confidence", value));
        let bars = words::bars(&confidence.shares());
        rows.push(Row::new("  0 to 100", bars));
    }
    Panel::new("Answers by category", rows)
}

fn upi(reading: &Reading) -> Panel {
    let skew = match reading.value(&CLOCK_SKEW) {
        Some(skew) => {
            let tone = severity(-skew.abs(), -SKEW_SOON, -SKEW_NOW);
            Row::new("UPI's clock", format!("{skew:+.1} s")).tone(tone)
        }
        None => Row::new("UPI's clock", NOTHING).tone(Tone::Quiet),
    };
    let mut rows = vec![skew];
    rows.extend(reading.keys().iter().map(key));
    Panel::new("Clock, and certificates until", rows)
}

fn key(key: &Key) -> Row {
    let value = if key.expires_in > 0.0 {
        words::period(key.expires_in)
    } else {
        format!("ended {} ago", words::period(-key.expires_in))
    };
    let tone = severity(key.expires_in, EXPIRES_SOON, EXPIRES_NOW);
    Row::new(format!("{} {}", key.role, key.kid), value).tone(tone)
}

fn process(reading: &Reading) -> Panel {
    let or_nothing = |value: Option<String>| value.unwrap_or_else(|| NOTHING.to_owned());
    let memory = reading.value(&MEMORY).map(words::bytes);
    let lost = reading.value(&TELEMETRY_LOST);
    let rows = vec![
        Row::new(
            "CPU, of a core",
            or_nothing(reading.cpu().map(words::share)),
        ),
        Row::new("memory", or_nothing(memory)),
        Row::new("descriptors", known(reading.value(&DESCRIPTORS))),
        alarming("telemetry lost", lost, Tone::Warning),
    ];
    Panel::new("Process", rows)
}

/// Counters, or that there are none.
fn counters(reading: &Reading, counts: &[Count], none: &str) -> Vec<Row> {
    if counts.is_empty() {
        return vec![Row::new(none, "").tone(Tone::Quiet)];
    }
    counts.iter().map(|count| growing(reading, count)).collect()
}

/// A counter, its growth first.
fn growing(reading: &Reading, count: &Count) -> Row {
    let rate = words::rate(reading.per_second(count.grown));
    let tone = if count.total > 0.0 {
        Tone::Plain
    } else {
        Tone::Quiet
    };
    let value = format!("{rate}  {}", words::count(count.total));
    Row::new(count.label.as_str(), value).tone(tone)
}

/// A counter that should stay zero.
fn alarming(label: &str, value: Option<f64>, tone: Tone) -> Row {
    let row = Row::new(label, known(value));
    if value.is_some_and(|value| value > 0.0) {
        row.tone(tone)
    } else {
        row
    }
}

fn known(value: Option<f64>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), words::count)
}

/// By how low the value is.
fn severity(value: f64, soon: f64, now: f64) -> Tone {
    if value < now {
        Tone::Alarm
    } else if value < soon {
        Tone::Warning
    } else {
        Tone::Plain
    }
}
