//! The metrics in Prometheus' text format.

use prometheus::{Encoder as _, Registry, TextEncoder};

use super::{MetricsError, Reader};

/// Everything that is measured, at the moment it is asked for. Clones tell the same.
#[derive(Debug, Clone)]
pub struct Exposition(Registry);

impl Exposition {
    /// The exposition, and the reader that feeds it.
    pub(super) fn new() -> Result<(Self, Reader), MetricsError> {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .build()?;
        Ok((Self(registry), Reader::new(exporter)))
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
