//! The metrics: one table says what there is, everything else follows from it.

use std::sync::Arc;
use std::time::Instant;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::metrics::reader::MetricReader;

use super::losses::Losses;
use super::service::{Service, resource};
use crate::observe::Event;

mod count;
mod exposition;
mod instruments;
mod observed;
mod process;
pub mod table;
#[cfg(test)]
mod tests;

pub use exposition::Exposition;

use exposition::Shared;
use instruments::Instruments;
use observed::Budgets;

/// Why there are no metrics.
#[derive(Debug, thiserror::Error)]
#[error("the Prometheus exporter cannot be built")]
pub struct MetricsError(#[from] opentelemetry_sdk::error::OTelSdkError);

pub(super) struct Metrics {
    instruments: Instruments,
    exposition: Exposition,
    budgets: Budgets,
    /// The instruments are alive as long as their provider.
    _provider: SdkMeterProvider,
}

impl Metrics {
    /// Prometheus reads them, and `export` where there is one.
    pub(super) fn start<E>(
        service: &Service,
        losses: Arc<Losses>,
        export: Option<E>,
    ) -> Result<Self, MetricsError>
    where
        E: MetricReader,
    {
        let exposition = Exposition::default();
        let prometheus = exposition.exporter()?;
        let reader = Shared { prometheus, export };
        let provider = SdkMeterProvider::builder()
            .with_resource(resource(service.name))
            .with_reader(reader)
            .build();
        let meter = provider.meter(env!("CARGO_PKG_NAME"));
        let budgets = Budgets::default();
        observed::register(&meter, service, losses, budgets.clone());
        process::register(&meter, Instant::now());
        let instruments = Instruments::new(&meter);
        instruments.begin_at_zero();
        Ok(Self {
            instruments,
            exposition,
            budgets,
            _provider: provider,
        })
    }

    pub(super) fn count(&self, event: &Event<'_>) {
        if let Event::Budgets(left) = event {
            self.budgets.set(left);
        }
        self.instruments.count(event);
    }

    pub(super) fn exposition(&self) -> Exposition {
        self.exposition.clone()
    }
}
