//! What two pages, one interval apart, say of a gateway.

use std::time::Duration;

use tokio::time::Instant;

use super::exposition::Samples;
use super::histogram::Histogram;
use super::tally::{self, Count, growth};

const CALLS: &str = "rpc_server_call_duration_seconds";
const UPI_CALLS: &str = "idphoto_upi_call_duration_seconds";

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
        let by = |name, label: &'static str| {
            tally::by(name, |sample| sample.label(label).to_owned(), before, now)
        };
        Self {
            is_ours: now.is_ours(),
            version: version(now),
            uptime: now.sum("process_uptime_seconds").and_then(duration),
            period,
            calls: by(&format!("{CALLS}_count"), "rpc_response_status_code"),
            gateway: Latency::new(CALLS, before, now),
            upi: Latency::new(UPI_CALLS, before, now),
            orders: Orders::new(now),
            answers: happened(by("idphoto_answers_total", "category")),
            errors: happened(errors(before, now)),
            confidence: Histogram::read(now, "idphoto_confidence"),
            skew: now.sum("idphoto_upi_clock_skew_seconds"),
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
    fn new(name: &str, before: &Samples, now: &Samples) -> Self {
        let all = Histogram::read(now, name);
        Self {
            recent: all.since(&Histogram::read(before, name)),
            all,
        }
    }
}

impl Orders {
    fn new(now: &Samples) -> Self {
        Self {
            active: now.sum("idphoto_orders_active"),
            limit: now.sum("idphoto_orders_limit"),
            outcome_unknown: now.sum("idphoto_orders_outcome_unknown_total"),
            joined: now.sum("idphoto_calls_joined_total"),
            replayed: now.sum("idphoto_calls_replayed_total"),
        }
    }
}

impl Process {
    fn new(before: &Samples, now: &Samples, period: Duration) -> Self {
        let cpu = |samples: &Samples| samples.sum("process_cpu_time_seconds_total");
        let spent = cpu(before).zip(cpu(now));
        let seconds = period.as_secs_f64();
        Self {
            cpu: spent
                .filter(|_| seconds > 0.0)
                .map(|(before, now)| growth(before, now) / seconds),
            memory: now.sum("process_memory_usage_bytes"),
            descriptors: now.sum("process_open_fds"),
            telemetry_lost: now.sum("idphoto_telemetry_lost_total"),
        }
    }
}

fn version(now: &Samples) -> Option<String> {
    let info = now.named("idphoto_build_info").next()?;
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
    tally::by("idphoto_errors_total", label, before, now)
}

fn happened(counts: Vec<Count>) -> Vec<Count> {
    let happened = counts.into_iter().filter(|count| count.total > 0.0);
    happened.collect()
}

/// The next to expire first.
fn keys(now: &Samples) -> Vec<Key> {
    let mut keys: Vec<_> = now
        .named("idphoto_key_expiry_seconds")
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
