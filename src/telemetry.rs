//! What can be seen of the gateway from outside: the log, metrics, and traces.
//!
//! Everything learns of the calls through the [`Observer`] port and steers nothing. Export
//! is off until an endpoint is set; a collector that is slow, gone or never there costs
//! counters, and no call.

use std::sync::Arc;
use std::time::Duration;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::observe::{Event, Observer};

mod level;
mod log;
mod losses;
pub mod metrics;
mod otlp;
mod service;
mod settings;
mod trace;

pub use level::{LEVELS, Standing, Switch};
pub use log::flush as flush_log;
pub use metrics::Exposition;
pub use otlp::ExportError;
pub use service::{Expiries, Expiry, Service, TokenSessions};
pub use settings::{Export, LogFormat, Settings};

use losses::Losses;
use metrics::Metrics;
use otlp::Exports;
use trace::Tracing;

/// Why there is no telemetry.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The thread that writes the log cannot be started.
    #[error("the log cannot be written")]
    Writer(#[from] std::io::Error),
    /// A log was started before in this process.
    #[error("the log cannot be started")]
    Log(#[from] TryInitError),
    /// The metrics cannot be set up: a bug.
    #[error("the metrics cannot be set up")]
    Metrics(#[from] metrics::MetricsError),
    /// The export cannot be set up.
    #[error("the export of telemetry cannot be set up")]
    Export(#[from] ExportError),
}

/// Log, metrics and export of this process.
pub struct Telemetry {
    observer: Arc<dyn Observer>,
    exposition: Exposition,
    level: Switch,
    expiries: Expiries,
    exports: Exports,
}

impl Telemetry {
    /// Starts everything, once in a process and within its runtime. Panics' texts are
    /// silenced from here on.
    ///
    /// # Errors
    /// What cannot be started.
    pub fn start(settings: &Settings, service: Service) -> Result<Self, TelemetryError> {
        let losses = Arc::new(Losses::default());
        let exports = Exports::start(&settings.export, service.name, &losses)?;
        let reader = exports.metrics.clone();
        let metrics = Metrics::start(&service, Arc::clone(&losses), reader)?;
        let tracer = exports.tracer();
        let libraries = Arc::<log::Libraries>::default();
        let log = log::layer(settings.log_format, losses, Arc::clone(&libraries))?;
        let level = Switch::new(settings.log_level);
        let tracing = tracer.is_some().then_some(Tracing);
        registry()
            .with(tracer.map(trace::layer))
            .with(log)
            .with(log::Sieve(libraries))
            .with(exports.listener())
            .with(level.gate(tracing.is_some()))
            .try_init()?;
        log::silence_panics();
        Ok(Self {
            exposition: metrics.exposition(),
            observer: Arc::new(Witness { metrics, tracing }),
            level,
            expiries: service.expiries,
            exports,
        })
    }

    /// Who is told of every step.
    #[must_use]
    pub fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.observer)
    }

    /// The metrics for Prometheus.
    #[must_use]
    pub fn exposition(&self) -> Exposition {
        self.exposition.clone()
    }

    /// How much is logged, to be changed for a time.
    #[must_use]
    pub fn level(&self) -> Switch {
        self.level.clone()
    }

    /// When certificates of keys end, to be set when they change.
    #[must_use]
    pub fn expiries(&self) -> Expiries {
        self.expiries.clone()
    }

    /// Exports what is left, within `limit`.
    pub async fn finish(self, limit: Duration) {
        self.exports.finish(limit).await;
    }
}

/// Learns of every step and passes it on to metrics and traces.
struct Witness {
    metrics: Metrics,
    /// `None` when traces go nowhere.
    tracing: Option<Tracing>,
}

impl Observer for Witness {
    fn record(&self, event: &Event<'_>) {
        self.metrics.count(event);
        if let (Event::CallEnded(call), Some(tracing)) = (event, self.tracing) {
            tracing.end(call);
        }
    }

    fn extract<'a>(&self, told: &dyn Fn(&str) -> Option<&'a str>) {
        if let Some(tracing) = self.tracing {
            tracing.extract(told);
        }
    }

    fn inject(&self, tell: &mut dyn FnMut(&str, String)) {
        if let Some(tracing) = self.tracing {
            tracing.inject(tell);
        }
    }
}
