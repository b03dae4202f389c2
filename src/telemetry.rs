//! The log: one line per request, as text or JSON, on standard error.

use std::io::{self, IsTerminal as _};
use std::panic;

use tracing::Level;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{Layer as _, fmt, registry};

use crate::config::{LogFormat, LogLevel, TelemetryConfig};

mod level;
mod text;

pub use level::{Standing, Switch};

/// Starts the log and silences panics' texts; gives the switch of its level.
///
/// # Errors
/// A log was started before in this process.
pub fn init(config: &TelemetryConfig) -> Result<Switch, TryInitError> {
    let switch = Switch::new(config.log_level.into());
    let lines = fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(is_coloured())
        .with_target(false);
    let lines = match config.log_format {
        LogFormat::Text => lines.event_format(text::Text).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    registry()
        .with(lines.with_filter(switch.gate()))
        .try_init()?;
    silence_panics();
    Ok(switch)
}

/// For people at a terminal, unless they said that they want none (no-color.org).
fn is_coloured() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !refused
}

/// A panic's text can quote the value that caused it, so only its place is logged.
fn silence_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        tracing::error!(place = place.as_deref().unwrap_or("unknown"), "panic");
    }));
}

impl From<LogLevel> for Level {
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
