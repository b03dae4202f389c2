//! The shortest of the times that something took lately. A longer one was longer for a reason of
//! its own, a busy runtime or a slow peer, which says nothing about the next.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Clones are the same one.
#[derive(Debug, Clone)]
pub(crate) struct Shortest {
    /// So long is one worth more than a longer one that comes after it.
    counts: Duration,
    noted: Arc<Mutex<Option<Noted>>>,
}

#[derive(Debug, Clone, Copy)]
struct Noted {
    at: Instant,
    took: Duration,
}

impl Shortest {
    pub(crate) fn new(counts: Duration) -> Self {
        let noted = Arc::default();
        Self { counts, noted }
    }

    /// Something has just ended that took so long.
    pub(crate) fn note(&self, took: Duration) {
        let at = Instant::now();
        let mut noted = self.noted();
        let longer = |last: Noted| last.took < took && self.counts(&last, at);
        if !noted.is_some_and(longer) {
            *noted = Some(Noted { at, took });
        }
    }

    /// However long ago it was; `None` before the first.
    pub(crate) fn last(&self) -> Option<Duration> {
        self.noted().map(|last| last.took)
    }

    /// `None` where nothing has ended lately.
    pub(crate) fn lately(&self, now: Instant) -> Option<Duration> {
        let last = self.noted().filter(|last| self.counts(last, now));
        last.map(|last| last.took)
    }

    fn counts(&self, last: &Noted, now: Instant) -> bool {
        now < last.at + self.counts
    }

    fn noted(&self) -> MutexGuard<'_, Option<Noted>> {
        // Nothing that could panic is done under this lock.
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Noted one after the other, a second between them; what is the shortest then.
    async fn shortest(seconds: &[u32]) -> Option<Duration> {
        let shortest = Shortest::new(3 * SECOND);
        for seconds in seconds {
            advance(SECOND).await;
            shortest.note(*seconds * SECOND);
        }
        shortest.last()
    }

    #[tokio::test(start_paused = true)]
    async fn a_longer_one_changes_nothing_for_a_while() {
        assert_eq!(shortest(&[]).await, None);
        assert_eq!(shortest(&[7]).await, Some(7 * SECOND));
        assert_eq!(shortest(&[2, 9, 5]).await, Some(2 * SECOND));
        assert_eq!(shortest(&[9, 2, 1]).await, Some(SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn then_the_next_one_counts_whatever_it_is() {
        assert_eq!(shortest(&[2, 9, 5, 8]).await, Some(8 * SECOND));
        assert_eq!(shortest(&[2, 2, 9, 8]).await, Some(2 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn what_ended_long_ago_is_known_and_not_of_lately() {
        let shortest = Shortest::new(SECOND);
        shortest.note(2 * SECOND);
        assert_eq!(shortest.lately(Instant::now()), Some(2 * SECOND));
        advance(SECOND).await;
        assert_eq!(shortest.lately(Instant::now()), None);
        assert_eq!(shortest.last(), Some(2 * SECOND));
    }
}
