//! How much is logged, changed while the process runs and changed back by itself: a level
//! that somebody forgot would fill disks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};
use tracing::callsite::rebuild_interest_cache;
use tracing::subscriber::Interest;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::Context;

use super::otlp;

/// As operators call them, in the order of [`rank`].
pub const LEVELS: [(&str, Level); 5] = [
    ("error", Level::ERROR),
    ("warn", Level::WARN),
    ("info", Level::INFO),
    ("debug", Level::DEBUG),
    ("trace", Level::TRACE),
];

/// Libraries below us speak of connections and keys only when something is wrong.
const OTHERS: Level = Level::WARN;

/// The level in force. Its clones are the same one.
#[derive(Debug, Clone)]
pub struct Switch(Arc<Levels>);

#[derive(Debug)]
struct Levels {
    /// The [`rank`] that is in force unless somebody says otherwise.
    configured: AtomicUsize,
    /// The [`rank`] in force: the filter reads it for each event.
    rank: AtomicUsize,
    exception: Mutex<Option<Exception>>,
}

#[derive(Debug)]
struct Exception {
    until: Instant,
    /// The same, as people tell time.
    until_wall: OffsetDateTime,
    end: AbortHandle,
}

impl Switch {
    /// With the level that is in force unless somebody says otherwise.
    #[must_use]
    pub fn new(configured: Level) -> Self {
        Self(Arc::new(Levels {
            configured: AtomicUsize::new(rank(configured)),
            rank: AtomicUsize::new(rank(configured)),
            exception: Mutex::new(None),
        }))
    }

    /// What is in force.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let exception = self.0.exception();
        self.0.standing(exception.as_ref())
    }

    /// Changes the level for a time; a later call replaces an earlier one, its time
    /// included. Called within a runtime.
    pub fn set(&self, level: Level, period: Duration) -> Standing {
        let mut exception = self.0.exception();
        let until = Instant::now() + period;
        let end = tokio::spawn(Arc::clone(&self.0).restore_at(until)).abort_handle();
        let latest = Exception {
            until,
            until_wall: OffsetDateTime::now_utc() + period,
            end,
        };
        if let Some(earlier) = exception.replace(latest) {
            earlier.end.abort();
        }
        self.0.enforce(level);
        let standing = self.0.standing(exception.as_ref());
        drop(exception);
        tracing::warn!(%level, seconds = period.as_secs(), "the log level is changed for a time");
        standing
    }

    /// Another level is configured now. It is in force at once, or when a change for a time ends.
    pub fn configure(&self, level: Level) {
        let exception = self.0.exception();
        self.0.configured.store(rank(level), Ordering::Release);
        if exception.is_none() {
            self.0.enforce(level);
        }
    }

    /// The filter that goes by it, for all layers under it. A trace has our spans whatever is
    /// logged.
    pub(super) fn gate(&self, traced: bool) -> Gate {
        Gate {
            level: Arc::clone(&self.0),
            traced,
        }
    }
}

/// What is in force, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The level in force.
    pub level: Level,
    /// The level that it goes back to.
    pub configured: Level,
    /// When it goes back; `None` when the configured level is in force.
    pub until: Option<OffsetDateTime>,
}

impl Levels {
    async fn restore_at(self: Arc<Self>, until: Instant) {
        sleep_until(until).await;
        let mut exception = self.exception();
        // A later exception may have come while this task was about to end it.
        if exception.as_ref().is_some_and(|one| one.until <= until) {
            *exception = None;
            let configured = self.configured();
            self.enforce(configured);
            drop(exception);
            tracing::warn!(level = %configured, "the log level is the configured one again");
        }
    }

    fn enforce(&self, level: Level) {
        self.rank.store(rank(level), Ordering::Release);
        // Callsites remember who was interested.
        rebuild_interest_cache();
    }

    fn in_force(&self) -> Level {
        level_of(self.rank.load(Ordering::Acquire))
    }

    fn configured(&self) -> Level {
        level_of(self.configured.load(Ordering::Acquire))
    }

    fn standing(&self, exception: Option<&Exception>) -> Standing {
        Standing {
            level: self.in_force(),
            configured: self.configured(),
            until: exception.map(|exception| exception.until_wall),
        }
    }

    fn exception(&self) -> MutexGuard<'_, Option<Exception>> {
        // Nothing panics while it is held.
        self.exception
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets events and spans of the level in force through. One that every layer has for itself
/// would cost each span several times as much.
#[derive(Debug)]
pub(super) struct Gate {
    level: Arc<Levels>,
    traced: bool,
}

impl Gate {
    fn admits(&self, metadata: &Metadata<'_>) -> bool {
        let ours = is_ours(metadata.target());
        let in_force = self.level.in_force();
        let limit = match ours {
            true if metadata.is_span() => in_force.max(self.spans()),
            true => in_force,
            // The export learns from them whatever is logged, and keeps them.
            false if metadata.target().starts_with(otlp::TARGET) => OTHERS,
            false => in_force.min(OTHERS),
        };
        *metadata.level() <= limit
    }

    /// The level of what is there whatever is logged: our spans, and what exporters say.
    const fn spans(&self) -> Level {
        if self.traced { Level::INFO } else { OTHERS }
    }
}

impl<S: Subscriber> Layer<S> for Gate {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.admits(metadata)
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.admits(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let most = self.level.in_force().max(self.spans());
        Some(LevelFilter::from_level(most))
    }
}

/// Whether the gateway itself speaks.
pub(super) fn is_ours(target: &str) -> bool {
    let rest = target.strip_prefix(env!("CARGO_CRATE_NAME"));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn level_of(rank: usize) -> Level {
    LEVELS.get(rank).map_or(Level::INFO, |(_, level)| *level)
}

fn rank(level: Level) -> usize {
    let same = |(_, it): &(&str, Level)| *it == level;
    LEVELS.iter().position(same).unwrap_or_default()
}

#[cfg(test)]
mod tests;
