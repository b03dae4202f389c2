//! What did not get through.

use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Traces,
    /// Collections of all metrics.
    Metrics,
}

/// Counters that everybody may add to at any time.
#[derive(Debug, Default)]
pub(super) struct Losses {
    queue_full: AtomicU64,
    spans_failed: AtomicU64,
    metrics_failed: AtomicU64,
    log_full: AtomicU64,
    log_failed: AtomicU64,
}

impl Losses {
    /// A span came when the queue was full.
    pub(super) fn overflow(&self) {
        self.queue_full.fetch_add(1, Ordering::Relaxed);
    }

    /// The collector did not take so many.
    pub(super) fn refuse(&self, signal: Signal, items: u64) {
        let counter = match signal {
            Signal::Traces => &self.spans_failed,
            Signal::Metrics => &self.metrics_failed,
        };
        counter.fetch_add(items, Ordering::Relaxed);
    }

    /// A log line came when too many waited for a reader.
    pub(super) fn log_overflow(&self) {
        self.log_full.fetch_add(1, Ordering::Relaxed);
    }

    /// A log line could not be written.
    pub(super) fn log_failed(&self, lines: u64) {
        self.log_failed.fetch_add(lines, Ordering::Relaxed);
    }

    /// Signal, cause and number, all that there are.
    pub(super) fn all(&self) -> [(&'static str, &'static str, u64); 5] {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [
            ("traces", "queue_full", read(&self.queue_full)),
            ("traces", "export_failed", read(&self.spans_failed)),
            ("metrics", "export_failed", read(&self.metrics_failed)),
            ("logs", "queue_full", read(&self.log_full)),
            ("logs", "write_failed", read(&self.log_failed)),
        ]
    }
}
