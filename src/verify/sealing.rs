//! Turns of the processors for what takes long on one: to seal a request takes most of a
//! millisecond, and whatever is ready waits behind all that is sealed before it.
//!
//! So there are a few turns, and whoever has one goes behind everything that is ready once more:
//! between two rounds of sealing everybody else has a turn, health above all. Sealing on threads of its
//! own lost half of the goodput under load instead, since reading took all that it could get.
//!
//! While requests wait for a turn, others are not taken in beyond a few ([`Intake`]): sealing them first
//! costs less memory, and what came a moment ago is still in the cache. Connections are read all the
//! same, though not at every byte ([`Lull`]): the headers of a call that will be refused come behind
//! the photos of others.
//!
//! Health p99 on one processor, with and without turns (`cargo bench --bench verification --
//! overload`): 51 and 108 ms at 1.1 times the capacity over 32 connections, 52 and 66 ms at twice, 43
//! and 52 ms at ten times; over four connections 17 and 34, 30 and 36, 24 and 37 ms.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use futures_util::future::poll_immediate;
use tokio::sync::{Notify, Semaphore};
use tokio::task::yield_now;

mod intake;
mod lull;

pub use intake::Intake;
pub use lull::Lull;

/// For each processor. A round of them takes less than three milliseconds.
const TURNS: usize = 4;

/// Who has a turn, and who waits for one.
#[derive(Debug)]
pub struct Sealing {
    turns: Semaphore,
    /// As many may wait, and are no crowd.
    few: usize,
    waiting: Count,
    /// Tells those that may take a request in that no more than a few wait.
    calm: Notify,
    intakes: Arc<Semaphore>,
    /// Requests that wait to be taken in.
    outside: Count,
    /// Tells readers that nothing is left to be taken in.
    hungry: Notify,
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
            waiting: Count::default(),
            calm: Notify::new(),
            intakes: Arc::new(Semaphore::new(few)),
            outside: Count::default(),
            hungry: Notify::new(),
        }
    }

    /// Begins the work when its turn comes. The turn ends with the work, or where it waits for
    /// something else than a processor: a token that signs.
    pub(super) async fn run<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        let waits = self.waits(&self.waiting);
        // It is never closed.
        let turn = self.turns.acquire().await.ok();
        drop(waits);
        yield_now().await;
        let done = poll_immediate(work.as_mut()).await;
        drop(turn);
        match done {
            Some(done) => done,
            None => work.await,
        }
    }

    fn is_calm(&self) -> bool {
        self.waiting.now() <= self.few
    }

    /// Nothing is left to be taken in.
    fn is_hungry(&self) -> bool {
        self.is_calm() && self.outside.now() == 0
    }

    fn waits<'a>(&'a self, among: &'a Count) -> Waits<'a> {
        among.enter();
        Waits {
            sealing: self,
            among,
        }
    }

    /// One fewer waits.
    fn tell(&self) {
        if self.is_calm() {
            self.calm.notify_waiters();
        }
        if self.is_hungry() {
            self.hungry.notify_waiters();
        }
    }
}

#[cfg(test)]
impl Sealing {
    /// Nobody else has a turn until this is dropped.
    pub(super) async fn hold(&self) -> tokio::sync::SemaphorePermit<'_> {
        let all = u32::try_from(self.few).unwrap();
        self.turns.acquire_many(all).await.unwrap()
    }

    /// From now on more than a few wait.
    pub(crate) fn crowd(&self) {
        (0..=self.few).for_each(|_| self.waiting.enter());
    }

    /// Not any more.
    pub(crate) fn disperse(&self) {
        (0..=self.few).for_each(|_| self.waiting.leave());
        self.tell();
    }
}

impl Default for Sealing {
    fn default() -> Self {
        Self::new()
    }
}

/// How many wait for something. In one order with that of others: whoever leaves one looks at both.
#[derive(Debug, Default)]
struct Count(AtomicUsize);

impl Count {
    fn enter(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn leave(&self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }

    fn now(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// One that waits.
struct Waits<'a> {
    sealing: &'a Sealing,
    among: &'a Count,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.among.leave();
        self.sealing.tell();
    }
}

#[cfg(test)]
mod tests;
