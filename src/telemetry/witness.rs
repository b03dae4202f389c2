//! Hears every step and passes it on to metrics and traces.

use http::HeaderMap;
use tracing::Span;

use super::metrics::Metrics;
use super::trace::Tracing;
use crate::verify::observer::{Event, Observer};

/// The observer of a gateway.
pub(super) struct Witness {
    metrics: Metrics,
    /// `None` when traces go nowhere.
    tracing: Option<Tracing>,
}

impl Witness {
    pub(super) const fn new(metrics: Metrics, tracing: Option<Tracing>) -> Self {
        Self { metrics, tracing }
    }
}

impl Observer for Witness {
    fn hear(&self, event: &Event<'_>) {
        self.metrics.count(event);
        if let (Event::CallEnded(call), Some(tracing)) = (event, self.tracing) {
            tracing.end(call);
        }
    }

    fn begin(&self, metadata: &HeaderMap, span: &dyn Fn() -> Span) -> Span {
        match self.tracing {
            Some(tracing) => tracing.begin(metadata, span),
            None => span(),
        }
    }

    fn hand_on(&self, headers: &mut HeaderMap) {
        if let Some(tracing) = self.tracing {
            tracing.hand_on(headers);
        }
    }
}
