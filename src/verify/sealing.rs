//! Turns of the processors for what takes long on one: to seal a request takes most of a
//! millisecond, and whatever is ready waits behind all that is sealed before it.
//!
//! So there are a few turns, and whoever has one goes behind everything that is ready once more:
//! between two rounds of sealing everybody else has a turn, health above all. And while requests wait
//! for theirs no new ones are taken in beyond a little of each connection: sealing them first costs
//! less memory, and what was read a moment ago is still in the cache. Sealing on threads of its own
//! lost half of the goodput under load instead, since reading took all that it could get.
//!
//! Health p99 on one processor, with and without turns (`cargo bench --bench verification --
//! overload`): 51 and 108 ms at 1.1 times the capacity over 32 connections, 52 and 66 ms at twice, 43
//! and 52 ms at ten times; over four connections 17 and 34, 30 and 36, 24 and 37 ms.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::thread::available_parallelism;

use futures_util::future::poll_immediate;
use tokio::sync::futures::OwnedNotified;
use tokio::sync::{Notify, Semaphore};
use tokio::task::yield_now;

/// For each processor. A round of them takes less than three milliseconds.
const TURNS: usize = 4;

/// After so many rounds readers go on whoever waits: connections with one call at a time hardly ever
/// pause, and a crowd of them must not keep the others from reading.
const ROUNDS: usize = 4;

/// Who has a turn, and who waits for one.
#[derive(Debug)]
pub struct Sealing {
    turns: Semaphore,
    /// As many may wait, and are no crowd.
    few: usize,
    waiting: AtomicUsize,
    given: AtomicUsize,
    /// Tells readers that they may go on.
    calm: Arc<Notify>,
}

impl Sealing {
    /// For the processors that this process may use.
    #[must_use]
    pub fn new() -> Self {
        Self::on(available_parallelism().map_or(1, usize::from))
    }

    fn on(processors: usize) -> Self {
        let few = TURNS * processors;
        Self {
            turns: Semaphore::new(few),
            few,
            waiting: AtomicUsize::new(0),
            given: AtomicUsize::new(0),
            calm: Arc::default(),
        }
    }

    /// Begins the work when its turn comes. The turn ends with the work, or where it waits for
    /// something else than a processor: a token that signs.
    pub(super) async fn run<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        let waits = Waits::of(self);
        // It is never closed.
        let turn = self.turns.acquire().await.ok();
        drop(waits);
        self.count_turn();
        yield_now().await;
        let done = poll_immediate(work.as_mut()).await;
        drop(turn);
        match done {
            Some(done) => done,
            None => work.await,
        }
    }

    fn count_turn(&self) {
        let given = self.given.fetch_add(1, Ordering::Relaxed) + 1;
        if given.is_multiple_of(ROUNDS * self.few) {
            self.calm.notify_waiters();
        }
    }

    fn is_calm(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) <= self.few
    }
}

#[cfg(test)]
impl Sealing {
    /// Nobody else has a turn until this is dropped.
    pub(super) async fn hold(&self) -> tokio::sync::SemaphorePermit<'_> {
        let all = u32::try_from(self.few).unwrap();
        self.turns.acquire_many(all).await.unwrap()
    }

    /// One where more than a few wait, to the end of the test.
    pub(crate) fn crowded() -> Self {
        let sealing = Self::on(1);
        sealing.waiting.store(TURNS + 1, Ordering::Relaxed);
        sealing
    }
}

impl Default for Sealing {
    fn default() -> Self {
        Self::new()
    }
}

/// One that waits.
struct Waits<'a>(&'a Sealing);

impl<'a> Waits<'a> {
    fn of(sealing: &'a Sealing) -> Self {
        sealing.waiting.fetch_add(1, Ordering::Relaxed);
        Self(sealing)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        let before = self.0.waiting.fetch_sub(1, Ordering::Relaxed);
        if before == self.0.few + 1 {
            self.0.calm.notify_waiters();
        }
    }
}

/// A reader's look at it.
#[derive(Debug)]
pub struct Calm {
    sealing: Arc<Sealing>,
    coming: Option<Pin<Box<OwnedNotified>>>,
}

impl Calm {
    /// Of a reader that has not waited yet.
    #[must_use]
    pub const fn new(sealing: Arc<Sealing>) -> Self {
        Self {
            sealing,
            coming: None,
        }
    }

    /// Resolves when no more than a few requests wait, or after some rounds. All who waited for that go
    /// on then, however many requests the first of them brings.
    pub fn poll_calm(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.coming.is_none() {
            let mut coming = Box::pin(Arc::clone(&self.sealing.calm).notified_owned());
            coming.as_mut().enable();
            // Looked at only now: the end of the crowd between the two is not missed.
            if self.sealing.is_calm() {
                return Poll::Ready(());
            }
            self.coming = Some(coming);
        }
        if let Some(coming) = &mut self.coming {
            ready!(coming.as_mut().poll(context));
        }
        self.coming = None;
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests;
