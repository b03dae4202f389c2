//! The log: one line per request, as text or JSON, on standard error.

use std::io;
use std::panic;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{Layer as _, fmt, registry};

use crate::config::{LogFormat, LogLevel, TelemetryConfig};

/// Starts the log and silences panics' texts.
///
/// # Errors
/// A log was started before in this process.
pub fn init(config: &TelemetryConfig) -> Result<(), TryInitError> {
    let lines = fmt::layer().with_writer(io::stderr).with_target(false);
    let lines = match config.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    registry()
        .with(lines.with_filter(targets(config.log_level)))
        .try_init()?;
    silence_panics();
    Ok(())
}

/// Libraries below us speak of connections and keys only when something is wrong.
fn targets(level: LogLevel) -> Targets {
    let level = LevelFilter::from(level);
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target(env!("CARGO_CRATE_NAME"), level)
}

/// A panic's text can quote the value that caused it, so only its place is logged.
fn silence_panics() {
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
