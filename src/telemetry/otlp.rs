//! The export to a collector, OTLP over gRPC, by OpenTelemetry's SDK and exporters.
//!
//! Finished spans stand in a bounded queue and metrics are collected now and then, both for a
//! thread that no call waits for. What does not get through is counted.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{MetricExporter, SpanExporter};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::reader::MetricReader as _;
use opentelemetry_sdk::metrics::{PeriodicReader, Temporality};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::task::spawn_blocking;

use super::losses::{Losses, Signal};
use super::service::resource;
use super::settings::Export;

mod exporters;
mod outcome;
mod queue;
mod rejected;
mod variables;

pub(super) use rejected::{Listener, TARGET};
pub use variables::ExportError;

use exporters::Exporters;
use outcome::Outcome;
use queue::Queue;
use rejected::Rejected;
use variables::Variables;

/// OpenTelemetry's name for whose spans they are.
const SCOPE: &str = env!("CARGO_PKG_NAME");

/// Collects the metrics now and then, and exports them.
pub(super) type Periodic = PeriodicReader<Collections>;

pub(super) struct Exports {
    traces: Option<SdkTracerProvider>,
    /// What collects the metrics for the collector.
    pub(super) metrics: Option<Periodic>,
    rejected: Arc<Rejected>,
}

impl Exports {
    /// Starts it where an endpoint is set. Connects in the background.
    pub(super) fn start(
        config: &Export,
        service: &'static str,
        losses: &Arc<Losses>,
    ) -> Result<Self, ExportError> {
        let settings = Exporters {
            config,
            variables: Variables(&variables::of_process),
        };
        let rejected = Arc::<Rejected>::default();
        Ok(Self {
            traces: traces(settings, service, losses, &rejected)?,
            metrics: metrics(settings, losses, &rejected)?,
            rejected,
        })
    }

    /// Makes spans of ours the collector's.
    pub(super) fn tracer(&self) -> Option<SdkTracer> {
        Some(self.traces.as_ref()?.tracer(SCOPE))
    }

    /// Learns from the exporters what the collector rejects.
    pub(super) fn listener(&self) -> Listener {
        Listener(Arc::clone(&self.rejected))
    }

    /// Sends what is left; back within `limit`.
    pub(super) async fn finish(self, limit: Duration) {
        let traces = self
            .traces
            .map(|provider| spawn_blocking(move || provider.shutdown_with_timeout(limit)));
        let metrics = self
            .metrics
            .map(|reader| spawn_blocking(move || reader.shutdown_with_timeout(limit)));
        let mut finished = true;
        for ended in traces.into_iter().chain(metrics) {
            finished &= matches!(ended.await, Ok(Ok(())));
        }
        if !finished {
            tracing::warn!("telemetry could not be exported to the end");
        }
    }
}

fn traces(
    settings: Exporters<'_>,
    service: &'static str,
    losses: &Arc<Losses>,
    rejected: &Arc<Rejected>,
) -> Result<Option<SdkTracerProvider>, ExportError> {
    let builder = SpanExporter::builder().with_tonic();
    let Some(builder) = settings.aim(Signal::Traces, builder)? else {
        return Ok(None);
    };
    let outcome = Outcome::new(Signal::Traces, losses, rejected);
    let queue = Queue::new(builder.build()?, outcome, Arc::clone(losses));
    let provider = SdkTracerProvider::builder()
        .with_resource(resource(service))
        .with_span_processor(queue);
    Ok(Some(settings.sampled(provider)?.build()))
}

fn metrics(
    settings: Exporters<'_>,
    losses: &Arc<Losses>,
    rejected: &Arc<Rejected>,
) -> Result<Option<Periodic>, ExportError> {
    let builder = MetricExporter::builder().with_tonic();
    let Some(builder) = settings.aim(Signal::Metrics, builder)? else {
        return Ok(None);
    };
    let exporter = Collections {
        exporter: builder.build()?,
        outcome: Outcome::new(Signal::Metrics, losses, rejected),
    };
    let reader = PeriodicReader::builder(exporter).with_interval(settings.config.metrics_interval);
    Ok(Some(reader.build()))
}

/// Exports collections of all metrics. Each is one item, of which nothing is lost or something.
pub(super) struct Collections {
    exporter: MetricExporter,
    outcome: Outcome,
}

impl PushMetricExporter for Collections {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let sent = self.exporter.export(metrics).await;
        self.outcome.note(sent, 1)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}
