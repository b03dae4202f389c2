//! The order of events at the end, and the calls that are waited for.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// How long connections have to close themselves when no call is left.
pub(super) const LAST_WORDS: Duration = Duration::from_millis(300);

/// Calls whose handling has not ended.
#[derive(Debug, Clone, Default)]
pub(super) struct Calls(Arc<watch::Sender<usize>>);

impl Calls {
    /// Counts a call until the guard is dropped.
    pub(super) fn enter(&self) -> InProgress {
        self.0.send_modify(|count| *count += 1);
        InProgress(self.clone())
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        *self.0.borrow()
    }

    /// Resolves when no call is in progress.
    pub(super) async fn none(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

/// One call in progress.
#[derive(Debug)]
pub(super) struct InProgress(Calls);

impl Drop for InProgress {
    fn drop(&mut self) {
        let calls = &self.0.0;
        calls.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// When what happens in a drain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    refuse_at: Instant,
    pub(super) abandon_at: Instant,
}

impl Schedule {
    /// A drain that begins now. The delay is part of the timeout.
    pub(super) fn from_now(delay: Duration, timeout: Duration) -> Self {
        let now = Instant::now();
        Self {
            refuse_at: now + delay.min(timeout),
            abandon_at: now + timeout,
        }
    }

    /// How long it is until new orders are refused, and until what is left is abandoned.
    pub(super) fn left(self) -> (Duration, Duration) {
        let now = Instant::now();
        let until = |then: Instant| then.saturating_duration_since(now);
        (until(self.refuse_at), until(self.abandon_at))
    }

    /// Resolves when new orders are to be refused.
    pub(super) async fn delay(self) {
        sleep_until(self.refuse_at).await;
    }
}
