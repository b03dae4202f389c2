//! `telemetry.*`: what is logged and exported, and how.

use std::path::PathBuf;
use std::time::Duration;

use tracing::Level;

use super::key::{default, optional};
use super::reader::section;
use super::setting::Choice;
use crate::telemetry::{LEVELS, LogFormat};
use crate::upi::BaseUrl;

impl Choice for Level {
    const NAMES: &'static [(&'static str, Self)] = &LEVELS;
}

impl Choice for LogFormat {
    const NAMES: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

section! {
    /// `telemetry.*`
    TelemetryConfig, "telemetry", "the log", "";

    log_level: Level = default("info"),
        "How much is logged. Names, numbers and photos are not, at any level.";
    log_format: LogFormat = default("text"),
        "For people, or one JSON object a line.";
}

section! {
    /// `telemetry.otlp.*`
    OtlpConfig, "telemetry.otlp", "OpenTelemetry", "";

    endpoint: Option<BaseUrl> = optional("http://127.0.0.1:4317"),
        "Where traces and metrics go: an OpenTelemetry collector that speaks OTLP over gRPC. \
         Without it the environment's OTEL_EXPORTER_OTLP_ENDPOINT counts, and without that \
         nothing is exported.";
    ca_file: Option<PathBuf> = optional("/etc/idphoto/collector-ca.pem"),
        "The only authorities that the collector's certificate may come from, PEM. Without it the \
         system's.";
    sample_ratio: f64 = default("1.0"),
        "The share of traces that is exported, of those that begin here. Where the caller has \
         decided already, its decision counts.";
    metrics_interval: Duration = default("60s").at_least(1000),
        "How often metrics are exported.";
}
