//! The log: one line per request, as text or JSON, on standard error.

use std::env;
use std::io::{self, IsTerminal as _};
use std::panic;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing::Subscriber;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, fmt};

mod format;
mod libraries;
mod queue;

pub(super) use libraries::{Libraries, Sieve};

use format::{Lined, OrderIds};
use queue::{CAPACITY, Lines};

use super::losses::Losses;
use super::settings::LogFormat;

/// What the end of the process may wait for a reader of the last lines.
const LAST_LINES: Duration = Duration::from_secs(2);

/// The log is the process's, as its standard error is.
static LINES: OnceLock<Lines> = OnceLock::new();

pub(super) fn layer<S>(
    format: LogFormat,
    losses: Arc<Losses>,
    libraries: Arc<Libraries>,
) -> io::Result<impl Layer<S>>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let lines = Lines::start(io::stderr(), format, CAPACITY, losses)?;
    let lines = LINES.get_or_init(|| lines).clone();
    Ok(fmt::layer()
        .fmt_fields(OrderIds)
        .event_format(Lined { format, libraries })
        .with_ansi(is_coloured())
        .with_writer(lines))
}

/// Waits until every line is written, though not for ever.
pub fn flush() {
    if let Some(lines) = LINES.get() {
        lines.flush(LAST_LINES);
    }
}

/// For people at a terminal, unless they said that they want none (no-color.org).
fn is_coloured() -> bool {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !refused
}

/// A panic's text can quote the value that caused it, so only its place is logged.
pub(super) fn silence_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        tracing::error!(place = place.as_deref().unwrap_or("unknown"), "panic");
    }));
}
