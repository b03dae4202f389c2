//! Log and export as configured.

use tracing::Level;

use crate::config::{LogFormat, LogLevel, TelemetryConfig};
use crate::telemetry::{Export, Format, Settings};

/// What `telemetry.*` says, in the words of the adapter.
#[must_use]
pub fn telemetry_settings(config: &TelemetryConfig) -> Settings {
    let otlp = &config.otlp;
    Settings {
        level: match config.log_level {
            LogLevel::Error => Level::ERROR,
            LogLevel::Warn => Level::WARN,
            LogLevel::Info => Level::INFO,
            LogLevel::Debug => Level::DEBUG,
            LogLevel::Trace => Level::TRACE,
        },
        format: match config.log_format {
            LogFormat::Text => Format::Text,
            LogFormat::Json => Format::Json,
        },
        export: Export {
            endpoint: otlp.endpoint.clone(),
            ca_file: otlp.ca_file.clone(),
            sample_ratio: otlp.sample_ratio,
            metrics_interval: otlp.metrics_interval,
        },
    }
}
