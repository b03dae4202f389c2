//! Settings of log and export.

use std::time::Duration;

use tracing::Level;

/// Settings of log and export.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How much is logged: this and everything graver.
    pub log_level: Level,
    /// How it is written.
    pub log_format: LogFormat,
    /// The export to an OpenTelemetry collector.
    pub export: Export,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            log_level: Level::INFO,
            log_format: LogFormat::default(),
            export: Export::default(),
        }
    }
}

/// The export to an OpenTelemetry collector.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// The collector's gRPC endpoint. `None` leaves it to the environment's OTEL_* variables;
    /// without those nothing is exported.
    pub endpoint: Option<String>,
    /// The only authorities that the collector's certificate may come from, PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// The share of traces begun here that is exported, 0 to 1.
    pub sample_ratio: f64,
    /// How often metrics are exported.
    pub metrics_interval: Duration,
}

impl Default for Export {
    fn default() -> Self {
        Self {
            endpoint: None,
            ca_pem: None,
            sample_ratio: 1.0,
            metrics_interval: Duration::from_secs(60),
        }
    }
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: one JSON object a line.
    Json,
}
