//! Learns of every step and passes it on to metrics and traces.

use super::metrics::Metrics;
use super::trace::Tracing;
use crate::observe::{Event, Observer};

pub(super) struct Witness {
    pub(super) metrics: Metrics,
    /// `None` when traces go nowhere.
    pub(super) tracing: Option<Tracing>,
}

impl Observer for Witness {
    fn record(&self, event: &Event<'_>) {
        self.metrics.count(event);
        if let (Event::CallEnded(call), Some(tracing)) = (event, self.tracing) {
            tracing.end(call);
        }
    }

    fn extract<'a>(&self, told: &dyn Fn(&str) -> Option<&'a str>) {
        if let Some(tracing) = self.tracing {
            tracing.extract(told);
        }
    }

    fn inject(&self, tell: &mut dyn FnMut(&str, String)) {
        if let Some(tracing) = self.tracing {
            tracing.inject(tell);
        }
    }
}
