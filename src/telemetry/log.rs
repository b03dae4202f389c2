//! The log: one line per request, as text or JSON, on standard error.

use std::io::{self, IsTerminal as _};
use std::panic;

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, fmt};

use crate::config::{LogFormat, LogLevel, TelemetryConfig};

mod format;

use format::{Line, NoFields};

/// The lines, as configured.
pub(super) fn layer<S>(config: &TelemetryConfig) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let line = match config.log_format {
        LogFormat::Text => Line::Text,
        LogFormat::Json => Line::Json,
    };
    fmt::layer()
        .fmt_fields(NoFields)
        .event_format(line)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .with_filter(targets(config.log_level))
}

/// Libraries below us speak of connections and keys only when something is wrong.
fn targets(level: LogLevel) -> Targets {
    let level = LevelFilter::from(level);
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target(env!("CARGO_CRATE_NAME"), level)
}

/// A panic's text can quote the value that caused it, so only its place is logged.
pub(super) fn silence_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        tracing::error!(place = place.as_deref().unwrap_or("unknown"), "panic");
    }));
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
            LogLevel::Trace => Self::TRACE,
        }
    }
}
