//! What two pages, one interval apart, say of a gateway.

use std::time::Duration;

use tokio::time::Instant;

use super::exposition::{Sample, Samples};
use super::histogram::Histogram;
use super::tally::{self, Count, growth};
use crate::telemetry::metrics::table::{
    ANSWERS, BUILD_INFO, CALL_DURATION, CPU_TIME, ERRORS, KEY_EXPIRY, Metric, UPTIME,
};

/// A page, and when it was fetched.
#[derive(Debug, Clone)]
pub(super) struct Scrape {
    pub(super) samples: Samples,
    pub(super) taken: Instant,
}

#[derive(Debug, Clone)]
pub(super) struct Reading {
    before: Samples,
    now: Samples,
    /// Between the pages.
    period: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) role: String,
    pub(super) kid: String,
    /// Seconds; negative after its end.
    pub(super) expires_in: f64,
}

impl Reading {
    pub(super) fn new(earlier: &Scrape, later: &Scrape) -> Self {
        Self {
            before: earlier.samples.clone(),
            now: later.samples.clone(),
            period: later.taken.saturating_duration_since(earlier.taken),
        }
    }

    /// Whether the page is one of an idphoto gateway at all.
    pub(super) fn is_ours(&self) -> bool {
        self.now.is_ours()
    }

    /// What the later page says, over all labels.
    pub(super) fn value(&self, metric: &Metric) -> Option<f64> {
        self.now.sum(&metric.prometheus_name())
    }

    pub(super) fn version(&self) -> Option<String> {
        let name = BUILD_INFO.prometheus_name();
        let info = self.now.named(&name).next()?;
        Some(info.label("version").to_owned())
    }

    pub(super) fn uptime(&self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.value(&UPTIME)?).ok()
    }

    pub(super) fn calls(&self) -> Vec<Count> {
        let name = format!("{}_count", CALL_DURATION.prometheus_name());
        let code = |sample: &Sample| match sample.label("rpc_response_status_code") {
            "" => "(no code)".to_owned(),
            code => code.to_owned(),
        };
        tally::by(&name, code, &self.before, &self.now)
    }

    pub(super) fn answers(&self) -> Vec<Count> {
        self.happened(&ANSWERS, |sample| sample.label("category").to_owned())
    }

    /// By their reasons, with their dispatch.
    pub(super) fn errors(&self) -> Vec<Count> {
        self.happened(&ERRORS, |sample| {
            let (reason, dispatch) = (sample.label("reason"), sample.label("dispatch"));
            match dispatch {
                "" | "NONE" => reason.to_owned(),
                _ => format!("{reason} {dispatch}"),
            }
        })
    }

    fn happened(&self, metric: &Metric, label: impl Fn(&Sample) -> String) -> Vec<Count> {
        let mut counts = tally::by(&metric.prometheus_name(), label, &self.before, &self.now);
        counts.retain(|count| count.total > 0.0);
        counts
    }

    /// All that there was.
    pub(super) fn histogram(&self, metric: &Metric) -> Histogram {
        Histogram::read(&self.now, &metric.prometheus_name())
    }

    /// What came since the earlier page.
    pub(super) fn recent(&self, metric: &Metric) -> Histogram {
        let before = Histogram::read(&self.before, &metric.prometheus_name());
        self.histogram(metric).since(&before)
    }

    /// The next to expire first.
    pub(super) fn keys(&self) -> Vec<Key> {
        let name = KEY_EXPIRY.prometheus_name();
        let keys = self.now.named(&name).map(|sample| Key {
            role: sample.label("role").to_owned(),
            kid: sample.label("kid").to_owned(),
            expires_in: sample.value,
        });
        let mut keys: Vec<_> = keys.collect();
        keys.sort_by(|one, other| one.expires_in.total_cmp(&other.expires_in));
        keys
    }

    /// Cores in use.
    pub(super) fn cpu(&self) -> Option<f64> {
        let spent = self.before.sum(&CPU_TIME.prometheus_name());
        let spent = spent.zip(self.value(&CPU_TIME));
        let seconds = self.period.as_secs_f64();
        spent
            .filter(|_| seconds > 0.0)
            .map(|(before, now)| growth(before, now) / seconds)
    }

    /// What has grown so much since the earlier page, per second.
    pub(super) fn per_second(&self, grown: f64) -> f64 {
        let seconds = self.period.as_secs_f64();
        if seconds > 0.0 { grown / seconds } else { 0.0 }
    }

    pub(super) fn rate(&self) -> f64 {
        self.per_second(self.calls().iter().map(|count| count.grown).sum())
    }
}
