//! `telemetry.*`: what is logged and exported, and how.

mod otlp;

use super::field::{Field, Key};
use super::kind::{Choice, Kind};
use super::reader::Reader;

pub use otlp::OtlpConfig;

/// `telemetry.*`
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TelemetryConfig {
    /// How much is logged.
    pub log_level: LogLevel,
    /// How it is written.
    pub log_format: LogFormat,
    /// `telemetry.otlp.*`: the export to an OpenTelemetry collector.
    pub otlp: OtlpConfig,
}

/// How much is logged: this and everything graver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogLevel {
    /// What an operator has to mend.
    Error,
    /// What may become an error.
    Warn,
    /// One line for each request.
    #[default]
    Info,
    /// The steps of a request.
    Debug,
    /// Everything.
    Trace,
}

impl Choice for LogLevel {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
    ];
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

impl Choice for LogFormat {
    const NAMES: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

static LOG_LEVEL: Field<LogLevel> = Field::new("telemetry.log_level", Kind::choice(), |config| {
    Some(config.telemetry.log_level)
})
.default(LogLevel::default)
.about("How much is logged. Names, numbers and photos are not, at any level.");

static LOG_FORMAT: Field<LogFormat> =
    Field::new("telemetry.log_format", Kind::choice(), |config| {
        Some(config.telemetry.log_format)
    })
    .default(LogFormat::default)
    .about("For people, or one JSON object a line.");

/// In the order of the reference.
pub const KEYS: &[&dyn Key] = &[
    &LOG_LEVEL,
    &LOG_FORMAT,
    &otlp::ENDPOINT,
    &otlp::CA_FILE,
    &otlp::SAMPLE_RATIO,
    &otlp::METRICS_INTERVAL,
];

pub fn read(reader: &mut Reader) -> Option<TelemetryConfig> {
    let log_level = reader.get(&LOG_LEVEL);
    let log_format = reader.get(&LOG_FORMAT);
    let otlp = otlp::read(reader);
    Some(TelemetryConfig {
        log_level: log_level?,
        log_format: log_format?,
        otlp: otlp?,
    })
}
