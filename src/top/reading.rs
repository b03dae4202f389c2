//! What two pages, one interval apart, say of a gateway.

use std::time::Duration;

use tokio::time::Instant;

use super::exposition::Samples;
use super::histogram::Histogram;
use super::tally::{self, Count, growth};
use crate::telemetry::metrics::table::{
    ANSWERS, BUILD_INFO, CALL_DURATION, CALLS_JOINED, CALLS_REPLAYED, CLOCK_SKEW, CONFIDENCE,
    CPU_TIME, DESCRIPTORS, ERRORS, KEY_EXPIRY, LEDGER_UNSETTLED, LEDGER_UP, MEMORY, Metric,
    ORDERS_ACTIVE, ORDERS_LIMIT, OUTCOME_UNKNOWN, TELEMETRY_LOST, UPI_DURATION, UPTIME,
};

/// A page, and when it was fetched.
#[derive(Debug, Clone)]
pub(super) struct Scrape {
    pub(super) samples: Samples,
    pub(super) taken: Instant,
}

/// The state of a gateway.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// Whether the page is one of an idphoto gateway at all.
    pub(super) is_ours: bool,
    pub(super) version: Option<String>,
    pub(super) uptime: Option<Duration>,
    /// Between the pages.
    pub(super) period: Duration,
    pub(super) calls: Vec<Count>,
    pub(super) gateway: Latency,
    pub(super) upi: Latency,
    pub(super) orders: Orders,
    pub(super) answers: Vec<Count>,
    /// With their dispatch; those that happened.
    pub(super) errors: Vec<Count>,
    pub(super) confidence: Histogram,
    /// Seconds that UPI's clock is before ours.
    pub(super) skew: Option<f64>,
    pub(super) keys: Vec<Key>,
    pub(super) process: Process,
}

/// Durations in seconds.
#[derive(Debug, Clone)]
pub(super) struct Latency {
    pub(super) recent: Histogram,
    pub(super) all: Histogram,
}

/// Orders on their way, and what became of others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Orders {
    pub(super) active: Option<f64>,
    pub(super) limit: Option<f64>,
    pub(super) outcome_unknown: Option<f64>,
    pub(super) joined: Option<f64>,
    pub(super) replayed: Option<f64>,
    /// 1 while the ledger can be written.
    pub(super) ledger_up: Option<f64>,
    pub(super) unsettled: Option<f64>,
}

/// A key's certificate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) role: String,
    pub(super) kid: String,
    /// Seconds; negative after its end.
    pub(super) expires_in: f64,
}

/// The process itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process {
    /// Cores in use.
    pub(super) cpu: Option<f64>,
    /// Bytes.
    pub(super) memory: Option<f64>,
    pub(super) descriptors: Option<f64>,
    pub(super) telemetry_lost: Option<f64>,
}

impl Reading {
    pub(super) fn new(earlier: &Scrape, later: &Scrape) -> Self {
        let (before, now) = (&earlier.samples, &later.samples);
        let period = later.taken.saturating_duration_since(earlier.taken);
        let by = |name: &str, label: &'static str| {
            tally::by(name, |sample| sample.label(label).to_owned(), before, now)
        };
        Self {
            is_ours: now.is_ours(),
            version: version(now),
            uptime: sum(now, &UPTIME).and_then(duration),
            period,
            calls: by(
                &format!("{}_count", CALL_DURATION.prometheus_name()),
                "rpc_response_status_code",
            ),
            gateway: Latency::new(&CALL_DURATION, before, now),
            upi: Latency::new(&UPI_DURATION, before, now),
            orders: Orders::new(now),
            answers: happened(by(&ANSWERS.prometheus_name(), "category")),
            errors: happened(errors(before, now)),
            confidence: Histogram::read(now, &CONFIDENCE.prometheus_name()),
            skew: sum(now, &CLOCK_SKEW),
            keys: keys(now),
            process: Process::new(before, now, period),
        }
    }

    /// What has grown so much since the earlier page, per second.
    pub(super) fn per_second(&self, grown: f64) -> f64 {
        let seconds = self.period.as_secs_f64();
        if seconds > 0.0 { grown / seconds } else { 0.0 }
    }

    /// Calls per second.
    pub(super) fn rate(&self) -> f64 {
        self.per_second(self.calls.iter().map(|count| count.grown).sum())
    }
}

impl Latency {
    fn new(metric: &Metric, before: &Samples, now: &Samples) -> Self {
        let name = metric.prometheus_name();
        let all = Histogram::read(now, &name);
        Self {
            recent: all.since(&Histogram::read(before, &name)),
            all,
        }
    }
}

impl Orders {
    fn new(now: &Samples) -> Self {
        Self {
            active: sum(now, &ORDERS_ACTIVE),
            limit: sum(now, &ORDERS_LIMIT),
            outcome_unknown: sum(now, &OUTCOME_UNKNOWN),
            joined: sum(now, &CALLS_JOINED),
            replayed: sum(now, &CALLS_REPLAYED),
            ledger_up: sum(now, &LEDGER_UP),
            unsettled: sum(now, &LEDGER_UNSETTLED),
        }
    }
}

impl Process {
    fn new(before: &Samples, now: &Samples, period: Duration) -> Self {
        let cpu = |samples: &Samples| sum(samples, &CPU_TIME);
        let spent = cpu(before).zip(cpu(now));
        let seconds = period.as_secs_f64();
        Self {
            cpu: spent
                .filter(|_| seconds > 0.0)
                .map(|(before, now)| growth(before, now) / seconds),
            memory: sum(now, &MEMORY),
            descriptors: sum(now, &DESCRIPTORS),
            telemetry_lost: sum(now, &TELEMETRY_LOST),
        }
    }
}

fn sum(samples: &Samples, metric: &Metric) -> Option<f64> {
    samples.sum(&metric.prometheus_name())
}

fn version(now: &Samples) -> Option<String> {
    let info = now.named(&BUILD_INFO.prometheus_name()).next()?;
    Some(info.label("version").to_owned())
}

fn errors(before: &Samples, now: &Samples) -> Vec<Count> {
    let label = |sample: &super::exposition::Sample| {
        let (reason, dispatch) = (sample.label("reason"), sample.label("dispatch"));
        match dispatch {
            "" | "NONE" => reason.to_owned(),
            _ => format!("{reason} {dispatch}"),
        }
    };
    tally::by(&ERRORS.prometheus_name(), label, before, now)
}

fn happened(counts: Vec<Count>) -> Vec<Count> {
    let happened = counts.into_iter().filter(|count| count.total > 0.0);
    happened.collect()
}

/// The next to expire first.
fn keys(now: &Samples) -> Vec<Key> {
    let mut keys: Vec<_> = now
        .named(&KEY_EXPIRY.prometheus_name())
        .map(|sample| Key {
            role: sample.label("role").to_owned(),
            kid: sample.label("kid").to_owned(),
            expires_in: sample.value,
        })
        .collect();
    keys.sort_by(|one, other| one.expires_in.total_cmp(&other.expires_in));
    keys
}

fn duration(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}
