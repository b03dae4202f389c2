//! Where finished spans wait: the SDK's batch processor, and a count of those that it has no
//! room for.
//!
//! The SDK counts them in a metric of its own, under an experimental feature
//! (open-telemetry/opentelemetry-rust, pull request 3609).

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor,
};
use tokio::sync::Semaphore;

use super::outcome::Outcome;
use crate::telemetry::losses::Losses;

/// Spans that wait for a slow collector or are being sent, at most. Each is small: of what a
/// caller sends it has the order id, and a `tracestate` up to a length.
const MOST_SPANS: usize = 4096;

/// Spans of one message. Collectors take 4 MiB.
const BATCH: usize = 512;

/// How long a span waits for others.
const GATHERING: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Queue {
    batches: BatchSpanProcessor,
    room: Arc<Semaphore>,
    losses: Arc<Losses>,
}

impl Queue {
    pub(super) fn new<E>(exporter: E, outcome: Outcome, losses: Arc<Losses>) -> Self
    where
        E: SpanExporter + 'static,
    {
        let room = Arc::new(Semaphore::new(MOST_SPANS));
        let exit = Exit {
            exporter,
            outcome,
            room: Arc::clone(&room),
        };
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(MOST_SPANS)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(GATHERING);
        let batches = BatchSpanProcessor::builder(exit).with_batch_config(config.build());
        Self {
            batches: batches.build(),
            room,
            losses,
        }
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        match self.room.try_acquire() {
            Ok(place) => {
                place.forget();
                self.batches.on_end(span);
            }
            Err(_) => self.losses.overflow(),
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batches.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.batches.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.batches.set_resource(resource);
    }
}

/// Exports what waited, and gives its room back.
#[derive(Debug)]
struct Exit<E> {
    exporter: E,
    outcome: Outcome,
    room: Arc<Semaphore>,
}

impl<E: SpanExporter> SpanExporter for Exit<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let sent = self.exporter.export(batch).await;
        self.room.add_permits(spans);
        self.outcome.note(sent, spans)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

#[cfg(test)]
mod tests;
