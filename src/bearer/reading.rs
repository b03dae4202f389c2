//! The keys in force, and how those of a URL are read: one reading at a time, and the last good set
//! stays when one fails.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tracing::{error, info, warn};

use super::fetch::{FetchError, Fetcher};
use super::key_set::KeySet;
use super::proven::Proven;
use super::source::{Pace, Source};
use crate::observe::{Event, Observer};
use crate::verify::port::Clock;

/// A set of keys, and what it vouched for.
#[derive(Default)]
pub(super) struct InForce {
    /// `None` before the first one was read.
    pub(super) keys: Option<Arc<KeySet>>,
    pub(super) proven: Proven,
}

pub(super) struct Keys {
    way: Option<(Fetcher, Pace)>,
    current: RwLock<Arc<InForce>>,
    reading: Mutex<Reading>,
    /// How many readings have ended.
    ended: watch::Sender<u64>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
}

#[derive(Default)]
struct Reading {
    is_under_way: bool,
    /// When the last one ended, and whether it was good.
    last: Option<(Instant, bool)>,
}

impl Keys {
    pub(super) fn of(
        source: Source,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
    ) -> Arc<Self> {
        let (way, set) = match source {
            Source::File(set) => (None, Some(set)),
            Source::Url(fetcher, pace, before) => (Some((fetcher, pace)), before),
        };
        let keys = Self {
            way,
            current: RwLock::default(),
            reading: Mutex::default(),
            ended: watch::Sender::new(0),
            clock,
            observer,
        };
        if let Some(set) = set {
            keys.take(set);
        }
        Arc::new(keys)
    }

    pub(super) fn current(&self) -> Arc<InForce> {
        let current = self.current.read();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }

    /// How keys are read, if they come from a URL.
    pub(super) fn pace(&self) -> Option<Pace> {
        self.way.as_ref().map(|(_, pace)| *pace)
    }

    /// Changes with each reading that ends.
    pub(super) fn readings(&self) -> watch::Receiver<u64> {
        self.ended.subscribe()
    }

    pub(super) fn renew(self: &Arc<Self>, source: &Source) {
        match source {
            Source::File(set) if self.way.is_none() => self.take(Arc::clone(set)),
            _ => {
                self.is_being_read(Duration::ZERO);
            }
        }
    }

    /// Reads the keys of a URL, and comes back when that has ended.
    pub(super) async fn read(self: &Arc<Self>) {
        let mut ended = self.readings();
        if self.is_being_read(Duration::ZERO) {
            // The sender is ours, and so it is there.
            let _ = ended.changed().await;
        }
    }

    pub(super) async fn keep(self: &Arc<Self>) {
        let Some(pace) = self.pace() else {
            return;
        };
        loop {
            let good = self.reading().last.is_some_and(|(_, good)| good);
            sleep(pace.after(good)).await;
            self.read().await;
        }
    }

    /// Whether keys are being read now; begins with it unless that ended less than `gap` ago. Whoever
    /// waits may leave: the reading goes on.
    pub(super) fn is_being_read(self: &Arc<Self>, gap: Duration) -> bool {
        let Some((fetcher, _)) = &self.way else {
            return false;
        };
        let mut reading = self.reading();
        if reading.is_under_way {
            return true;
        }
        if reading.last.is_some_and(|(ended, _)| ended.elapsed() < gap) {
            return false;
        }
        reading.is_under_way = true;
        drop(reading);
        let (keys, fetcher) = (Arc::clone(self), fetcher.clone());
        tokio::spawn(async move {
            // In a task of its own: a panic must not leave the reading under way for ever.
            let fetching = tokio::spawn(async move { fetcher.fetch().await });
            keys.end(fetching.await.unwrap_or(Err(FetchError::Fault)));
        });
        true
    }

    fn end(&self, fetched: Result<KeySet, FetchError>) {
        let good = fetched.is_ok();
        let before = self.reading().last;
        match fetched {
            Ok(set) => {
                if !before.is_some_and(|(_, good)| good) {
                    info!(keys = set.count(), "the keys of tokens are read");
                }
                self.take(Arc::new(set));
            }
            Err(failure) => self.failed(&failure),
        }
        *self.reading() = Reading {
            is_under_way: false,
            last: Some((Instant::now(), good)),
        };
        self.ended.send_modify(|ended| *ended += 1);
    }

    fn failed(&self, failure: &FetchError) {
        let cause = chain(failure);
        match &self.current().keys {
            Some(_) => warn!(
                cause,
                "the keys of tokens cannot be read; the last ones stay"
            ),
            None => error!(
                cause,
                "the keys of tokens cannot be read, and there are none"
            ),
        }
        self.observer.record(&Event::KeysUnread);
    }

    fn take(&self, set: Arc<KeySet>) {
        let read = Event::KeysRead(set.count(), self.clock.now());
        let current = InForce {
            keys: Some(set),
            proven: Proven::default(),
        };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(current);
        self.observer.record(&read);
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        // Nothing panics while it is held.
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
