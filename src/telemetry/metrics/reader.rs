//! Who collects the metrics: Prometheus and the export, as one reader, since each one's sums are
//! kept apart and cost every call their share.

use std::sync::Weak;
use std::time::Duration;

use opentelemetry_prometheus::PrometheusExporter;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, Pipeline, Temporality};

/// Prometheus, and the export where there is one, on the same sums.
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
