//! Who collects the metrics: Prometheus, in its text format, and the export. They are one reader,
//! since each one's sums are kept apart and cost every call their share.

use std::sync::Weak;
use std::time::Duration;

use opentelemetry_prometheus::PrometheusExporter;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, Pipeline, Temporality};
use prometheus::{Encoder as _, Registry, TextEncoder};

/// Everything that is measured, at the moment it is asked for. Clones tell the same.
#[derive(Debug, Clone, Default)]
pub struct Exposition(Registry);

impl Exposition {
    pub(super) fn exporter(&self) -> Result<PrometheusExporter, OTelSdkError> {
        opentelemetry_prometheus::exporter()
            .with_registry(self.0.clone())
            .scope_info_enabled(false)
            .build()
    }

    /// Version 0.0.4 of the text format; `None` when it cannot be written, which would be a
    /// bug.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let mut text = Vec::new();
        TextEncoder::new()
            .encode(&self.0.gather(), &mut text)
            .inspect_err(|error| tracing::error!(%error, "the metrics cannot be written"))
            .ok()?;
        String::from_utf8(text).ok()
    }
}

#[derive(Debug)]
pub(super) struct Shared<E> {
    pub(super) prometheus: PrometheusExporter,
    pub(super) export: Option<E>,
}

impl<E: MetricReader> MetricReader for Shared<E> {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.prometheus.register_pipeline(Weak::clone(&pipeline));
        if let Some(export) = &self.export {
            export.register_pipeline(pipeline);
        }
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.prometheus.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.prometheus.force_flush()
    }

    /// The export is ended by who started it: it takes its time.
    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.prometheus.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.prometheus.temporality(kind)
    }
}
