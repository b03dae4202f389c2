//! The export to a collector, OTLP over gRPC.
//!
//! Spans wait in a bounded queue and metrics are collected now and then, both by tasks that
//! no call waits for. What does not get through is counted.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::config::OtlpConfig;

mod losses;
mod queue;
mod reader;
mod sender;
mod settings;

pub(super) use losses::{Losses, Signal};
pub(super) use reader::Reader;
pub use settings::ExportError;

use queue::Queue;
use sender::Sending;
use settings::Settings;

/// Spans that wait for a slow collector, at most; some megabytes.
const QUEUE: usize = 4096;

/// The running export.
pub(super) struct Exports {
    traces: Option<(SdkTracerProvider, Sending)>,
    metrics: Option<(Reader, Sending)>,
}

impl Exports {
    /// Starts it where an endpoint is set. Connects in the background.
    ///
    /// # Errors
    /// An endpoint or a file that cannot be used.
    pub(super) fn start(
        config: &OtlpConfig,
        service: &'static str,
        losses: &Arc<Losses>,
    ) -> Result<Option<Self>, ExportError> {
        let Some(settings) = Settings::of(config)? else {
            return Ok(None);
        };
        let resource = resource(service);
        Ok(Some(Self {
            traces: traces(&settings, &resource, losses)?,
            metrics: metrics(&settings, config.metrics_interval, losses)?,
        }))
    }

    /// Makes spans of ours the collector's.
    pub(super) fn tracer(&self) -> Option<SdkTracer> {
        let (provider, _) = self.traces.as_ref()?;
        Some(provider.tracer(env!("CARGO_PKG_NAME")))
    }

    /// Through which the metrics are collected.
    pub(super) fn metrics(&self) -> Option<Reader> {
        self.metrics.as_ref().map(|(reader, _)| reader.clone())
    }

    /// Sends what is left; back within `limit`.
    pub(super) async fn finish(self, limit: Duration) {
        let end = Instant::now() + limit;
        let traces = self.traces.map(|(_, sending)| sending.finish());
        let metrics = self.metrics.map(|(_, sending)| sending.finish());
        let finished = async {
            for sending in traces.into_iter().chain(metrics) {
                sending.await;
            }
        };
        if timeout_at(end, finished).await.is_err() {
            tracing::warn!("telemetry could not be exported to the end");
        }
    }
}

fn traces(
    settings: &Settings,
    resource: &Resource,
    losses: &Arc<Losses>,
) -> Result<Option<(SdkTracerProvider, Sending)>, ExportError> {
    let Some(mut exporter) = settings.span_exporter()? else {
        return Ok(None);
    };
    opentelemetry_sdk::trace::SpanExporter::set_resource(&mut exporter, resource);
    let (sender, spans) = mpsc::channel(QUEUE);
    let provider = SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .with_span_processor(Queue::new(sender, Arc::clone(losses)));
    let provider = settings.sampled(provider).build();
    let sending = Sending::spans(spans, exporter, Arc::clone(losses));
    Ok(Some((provider, sending)))
}

fn metrics(
    settings: &Settings,
    interval: Duration,
    losses: &Arc<Losses>,
) -> Result<Option<(Reader, Sending)>, ExportError> {
    let Some(exporter) = settings.metric_exporter()? else {
        return Ok(None);
    };
    let reader = Reader::default();
    let sending = Sending::metrics(reader.clone(), interval, exporter, Arc::clone(losses));
    Ok(Some((reader, sending)))
}

/// Who speaks: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES are stronger than what we
/// know ourselves.
pub(super) fn resource(service: &'static str) -> Resource {
    use opentelemetry::KeyValue;
    use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};
    let named = std::env::var("OTEL_SERVICE_NAME").ok();
    let ours = [
        KeyValue::new("service.name", service),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", instance()),
    ];
    Resource::builder_empty()
        .with_attributes(ours)
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_detector(Box::new(EnvResourceDetector::new()))
        .with_attributes(named.map(|name| KeyValue::new("service.name", name)))
        .build()
}

/// Another one at each start, so that counters of two processes are never mixed.
fn instance() -> String {
    let mut bytes = [0; 16];
    // Without randomness there is no TLS and no order id either; a name is not worth an end.
    let _ = getrandom::fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string()
}
