//! The metrics in Prometheus' text format.

use opentelemetry_prometheus::PrometheusExporter;
use opentelemetry_sdk::error::OTelSdkError;
use prometheus::{Encoder as _, Registry, TextEncoder};

/// Everything that is measured, at the moment it is asked for. Clones tell the same.
#[derive(Debug, Clone, Default)]
pub struct Exposition(Registry);

impl Exposition {
    /// The reader that feeds it.
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
