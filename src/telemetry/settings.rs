//! What is logged and exported, and how.

use std::path::PathBuf;
use std::time::Duration;

use tracing::Level;

/// Settings of log and export.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How much is logged.
    pub level: Level,
    /// How a line is written.
    pub format: Format,
    /// What goes to a collector.
    pub export: Export,
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy)]
pub enum Format {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// The export to a collector.
#[derive(Debug, Clone)]
pub struct Export {
    /// The collector's gRPC endpoint. `None` leaves it to the environment's OTEL_* variables;
    /// without those nothing is exported.
    pub endpoint: Option<String>,
    /// The only authorities that the collector's certificate may come from, PEM.
    pub ca_file: Option<PathBuf>,
    /// The share of traces begun here that is exported, 0 to 1.
    pub sample_ratio: f64,
    /// How often metrics are exported.
    pub metrics_interval: Duration,
}

impl Default for Settings {
    /// What only the environment configures.
    fn default() -> Self {
        Self {
            level: Level::INFO,
            format: Format::Text,
            export: Export::default(),
        }
    }
}

impl Default for Export {
    fn default() -> Self {
        Self {
            endpoint: None,
            ca_file: None,
            sample_ratio: 1.0,
            metrics_interval: Duration::from_secs(60),
        }
    }
}
