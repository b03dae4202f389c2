//! How the export goes: each loss is counted, and a change is logged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry_sdk::error::OTelSdkResult;

use super::rejected::Rejected;
use crate::telemetry::losses::{Losses, Signal};

#[derive(Debug)]
pub(super) struct Outcome {
    signal: Signal,
    losses: Arc<Losses>,
    rejected: Arc<Rejected>,
    failing: AtomicBool,
}

impl Outcome {
    pub(super) fn new(signal: Signal, losses: &Arc<Losses>, rejected: &Arc<Rejected>) -> Self {
        Self {
            signal,
            losses: Arc::clone(losses),
            rejected: Arc::clone(rejected),
            failing: AtomicBool::new(false),
        }
    }

    /// Of so many `items` all were lost, or as many as the collector said.
    pub(super) fn note(&self, sent: OTelSdkResult, items: usize) -> OTelSdkResult {
        let items = items as u64;
        let rejected = self.rejected.take(self.signal);
        let lost = if sent.is_err() { items } else { rejected };
        self.losses.refuse(self.signal, lost.min(items));
        let failed = sent.is_err();
        if failed != self.failing.swap(failed, Ordering::Relaxed) {
            let signal = self.signal;
            // The error is left out: a part of it may come from the collector.
            if failed {
                tracing::warn!(?signal, "the collector does not take telemetry");
            } else {
                tracing::info!(?signal, "the collector takes telemetry again");
            }
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

    use super::super::rejected::Rejected;
    use super::Outcome;
    use crate::telemetry::losses::{Losses, Signal};

    /// Of five spans, those that the collector did not take, when it says so many.
    fn lost(sent: OTelSdkResult, rejected: i64) -> u64 {
        let (losses, said) = (Arc::<Losses>::default(), Arc::<Rejected>::default());
        said.add(Signal::Traces, rejected);
        let _ = Outcome::new(Signal::Traces, &losses, &said).note(sent, 5);
        let [_, (signal, cause, lost), ..] = losses.all();
        assert_eq!((signal, cause), ("traces", "export_failed"));
        lost
    }

    #[test]
    fn a_message_that_was_not_taken_loses_all() {
        assert_eq!(lost(Err(OTelSdkError::AlreadyShutdown), 0), 5);
    }

    #[test]
    fn of_a_message_that_was_taken_what_the_collector_rejects_is_lost() {
        assert_eq!(lost(Ok(()), 0), 0);
        assert_eq!(lost(Ok(()), 2), 2);
    }

    #[test]
    fn a_collector_that_cannot_count_is_not_believed() {
        assert_eq!(lost(Ok(()), -1), 0);
        assert_eq!(lost(Ok(()), 700), 5);
    }
}
