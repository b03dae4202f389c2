//! Where finished spans wait. The SDK's own batch processor drops them without a number
//! that could be shown.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use tokio::sync::mpsc::Sender;

use super::Losses;

/// The entrance of the queue.
#[derive(Debug)]
pub(super) struct Queue {
    sender: Sender<SpanData>,
    losses: Arc<Losses>,
}

impl Queue {
    pub(super) const fn new(sender: Sender<SpanData>, losses: Arc<Losses>) -> Self {
        Self { sender, losses }
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() && self.sender.try_send(span).is_err() {
            self.losses.overflow();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tokio::sync::mpsc;

    use super::{Losses, Queue};

    #[test]
    fn a_full_queue_costs_spans_and_a_counter() {
        let losses = Arc::new(Losses::default());
        let (sender, mut spans) = mpsc::channel(2);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Queue::new(sender, Arc::clone(&losses)))
            .build();
        let tracer = provider.tracer("test");
        for _ in 0..5 {
            tracer.start("span").end();
        }
        assert_eq!(losses.all()[0], ("traces", "queue_full", 3));
        assert!(spans.try_recv().is_ok());
        tracer.start("span").end();
        assert_eq!(losses.all()[0], ("traces", "queue_full", 3));
    }
}
