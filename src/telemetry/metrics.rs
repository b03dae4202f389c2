//! The metrics: one table says what there is, everything else follows from it.

use std::sync::Arc;
use std::time::Instant;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;

use super::Service;
use super::otlp::{Losses, resource};

mod count;
mod exposition;
mod instruments;
mod observed;
mod process;
mod reader;
pub mod table;
#[cfg(test)]
mod tests;

pub use exposition::Exposition;
pub(super) use reader::Reader;

use instruments::Instruments;

/// Why there are no metrics.
#[derive(Debug, thiserror::Error)]
#[error("the Prometheus exporter cannot be built")]
pub struct MetricsError(#[from] opentelemetry_sdk::error::OTelSdkError);

/// What is known of the process from the start.
pub(super) struct Facts {
    service: Service,
    started: Instant,
}

impl Facts {
    pub(super) fn of(service: &Service) -> Self {
        Self {
            service: service.clone(),
            started: Instant::now(),
        }
    }
}

/// All metrics of this process.
pub(super) struct Metrics {
    instruments: Instruments,
    exposition: Exposition,
    reader: Reader,
    /// The instruments are alive as long as their provider.
    _provider: SdkMeterProvider,
}

impl Metrics {
    pub(super) fn start(facts: &Facts, losses: Arc<Losses>) -> Result<Self, MetricsError> {
        let (exposition, reader) = Exposition::new()?;
        let provider = SdkMeterProvider::builder()
            .with_resource(resource(facts.service.name))
            .with_reader(reader.clone())
            .build();
        let meter = provider.meter(env!("CARGO_PKG_NAME"));
        observed::register(&meter, facts, losses);
        process::register(&meter, facts.started);
        let instruments = Instruments::new(&meter);
        instruments.begin_at_zero();
        Ok(Self {
            instruments,
            exposition,
            reader,
            _provider: provider,
        })
    }

    pub(super) fn exposition(&self) -> Exposition {
        self.exposition.clone()
    }

    /// Through which they are collected for an export.
    pub(super) fn reader(&self) -> Reader {
        self.reader.clone()
    }
}
