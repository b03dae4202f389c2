//! The export to a collector, OTLP over gRPC.
//!
//! Spans wait in a bounded queue and metrics are collected now and then, both by tasks that
//! no call waits for. What does not get through is counted.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::time::{Instant, timeout_at};

use super::metrics::Reader;
use super::settings::Export;

mod collector;
mod encode;
mod losses;
mod message;
mod queue;
mod sender;
mod settings;
mod variables;

pub(super) use losses::{Losses, Signal};
pub use settings::ExportError;

use message::Origin;
use queue::Queue;
use sender::Sending;
use settings::Settings;
use variables::Variables;

/// OpenTelemetry's name for whose spans they are.
const SCOPE: &str = env!("CARGO_PKG_NAME");

/// The running export.
pub(super) struct Exports {
    traces: Option<(SdkTracerProvider, Sending)>,
    metrics: Option<Sending>,
}

impl Exports {
    /// Starts it where an endpoint is set. Connects in the background.
    ///
    /// # Errors
    /// An endpoint or a file that cannot be used.
    pub(super) fn start(
        config: &Export,
        service: &'static str,
        reader: Reader,
        losses: &Arc<Losses>,
    ) -> Result<Option<Self>, ExportError> {
        let settings = Settings {
            config,
            variables: Variables(&|name| {
                // What is no text is bad rather than absent.
                let value = env::var_os(name)?;
                Some(value.to_string_lossy().into_owned())
            }),
        };
        let traces = traces(settings, service, losses)?;
        let metrics = metrics(settings, reader, losses)?;
        let started = traces.is_some() || metrics.is_some();
        Ok(started.then_some(Self { traces, metrics }))
    }

    /// Makes spans of ours the collector's.
    pub(super) fn tracer(&self) -> Option<SdkTracer> {
        let (provider, _) = self.traces.as_ref()?;
        Some(provider.tracer(SCOPE))
    }

    /// Sends what is left; back within `limit`.
    pub(super) async fn finish(self, limit: Duration) {
        let end = Instant::now() + limit;
        let traces = self.traces.map(|(_, sending)| sending.finish());
        let metrics = self.metrics.map(Sending::finish);
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
    settings: Settings<'_>,
    service: &'static str,
    losses: &Arc<Losses>,
) -> Result<Option<(SdkTracerProvider, Sending)>, ExportError> {
    let Some(collector) = settings.collector(Signal::Traces)? else {
        return Ok(None);
    };
    let queue = Queue::new(Arc::clone(losses));
    let resource = resource(service);
    let origin = Origin::new(&resource, SCOPE);
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_span_processor(queue.clone());
    let provider = settings.sampled(provider).build();
    let sending = Sending::spans(queue, origin, collector, Arc::clone(losses));
    Ok(Some((provider, sending)))
}

fn metrics(
    settings: Settings<'_>,
    reader: Reader,
    losses: &Arc<Losses>,
) -> Result<Option<Sending>, ExportError> {
    let Some(collector) = settings.collector(Signal::Metrics)? else {
        return Ok(None);
    };
    let interval = settings.config.metrics_interval;
    let losses = Arc::clone(losses);
    Ok(Some(Sending::metrics(reader, interval, collector, losses)))
}

/// Who speaks: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES are stronger than what we
/// know ourselves.
pub(super) fn resource(service: &'static str) -> Resource {
    use opentelemetry::KeyValue;
    use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};
    let named = env::var("OTEL_SERVICE_NAME").ok();
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
