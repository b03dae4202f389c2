//! The backlog: verifications that have come in and wait for a processor. More of them than can
//! be served in some seconds help nobody, and reading them costs those that can be served: a call
//! for which there is no room, or whose turn would come too late for it, is refused on its
//! headers, before its photo is read.
//!
//! Nothing is queued here. A request is taken in when the processors come to it
//! (`src/verify/sealing.rs`), so the queue is where it costs nothing: at the peers, before the windows of
//! their connections. What is counted are the headers, which come past those. A stream that sends
//! nothing soon counts no more.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::pace::Moves;
use super::share::{Budget, Held, Share};
use crate::shortest::Shortest;
use crate::verify::Ticket;

pub(super) mod pressure;

use pressure::Pressure;

/// A peer with room in its window sends something at once.
const SILENCE: Duration = Duration::from_secs(1);

/// Of each connection, whatever others do.
const OWN: usize = 8;

/// For each one that comes: more go than come.
const LOOKED_AT: usize = 4;

/// So long a wait says something about the next.
const WHILE: Duration = Duration::from_secs(2);

/// Fewer are no queue, and then the last wait says nothing about the next.
const FEW: usize = 64;

/// How many may wait.
#[derive(Debug, Clone, Copy)]
pub struct Depth {
    /// When they come at once, such as at the end of a night's maintenance.
    pub most: usize,
    /// Where for long more have come than can be served: a longer queue serves no more of them, but
    /// each of them later, and holds more photos.
    pub standing: usize,
}

#[derive(Debug)]
pub(super) struct Backlogs {
    depth: Depth,
    budget: Budget,
    all: Arc<All>,
}

#[derive(Debug)]
struct All {
    /// In the order in which they came, those that may have sent nothing yet.
    silent: Mutex<VecDeque<Weak<Entered>>>,
    pressure: Mutex<Pressure>,
    /// How long the processors have been busy.
    busy: fn() -> Duration,
}

impl Backlogs {
    /// So many in all. One connection may bring most of them at once, since all are read in turn:
    /// those of others do not wait for them.
    pub(super) fn new(depth: Depth, busy: fn() -> Duration) -> Self {
        Self {
            depth,
            budget: Budget::greedy(depth.most, OWN, 4),
            all: Arc::new(All {
                silent: Mutex::default(),
                pressure: Mutex::default(),
                busy,
            }),
        }
    }

    pub(super) fn part(&self, moves: Moves) -> Backlog {
        Backlog {
            moves,
            depth: self.depth,
            wait: Shortest::new(WHILE),
            share: self.budget.share(),
            all: Arc::clone(&self.all),
        }
    }
}

impl All {
    fn silent(&self) -> MutexGuard<'_, VecDeque<Weak<Entered>>> {
        // Nothing that could panic is done under this lock.
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether more have come for long than can be served.
    fn stands(&self, now: Instant) -> bool {
        // Nothing that could panic is done under this lock.
        let mut pressure = self.pressure.lock().unwrap_or_else(PoisonError::into_inner);
        pressure.look(now, self.busy)
    }

    /// Gives back the places of streams that have sent nothing for a while, although their
    /// connections had nothing else to carry.
    fn sweep(&self, now: Instant) {
        let mut silent = self.silent();
        for _ in 0..LOOKED_AT {
            let Some(first) = silent.pop_front() else {
                return;
            };
            let Some(entered) = first.upgrade().filter(|entered| !entered.has_begun()) else {
                continue;
            };
            if now.duration_since(entered.since) < SILENCE {
                return silent.push_front(first);
            }
            if entered.moves.is_still(now, SILENCE) {
                entered.place.give_back();
            } else {
                silent.push_back(first);
            }
        }
    }
}

#[derive(Debug)]
pub(super) struct Backlog {
    moves: Moves,
    /// How long calls of this connection wait for their turn. With a wait for all connections a peer
    /// that sends slowly would have others refused.
    wait: Shortest,
    depth: Depth,
    share: Share,
    all: Arc<All>,
}

impl Backlog {
    /// For a call whose headers have come, and that is of no use after `deadline`; `None` where
    /// there is no room for it.
    pub(super) fn enter(&self, deadline: Option<Instant>) -> Option<Entry> {
        let now = Instant::now();
        self.all.sweep(now);
        let queued = self.share.taken_by_all() > FEW;
        // Nothing where nobody came to a turn lately.
        let wait = self.wait.lately(now).unwrap_or_default();
        if queued && deadline.is_some_and(|deadline| deadline < now + wait) {
            return None;
        }
        let most = if self.all.stands(now) {
            self.depth.standing
        } else {
            self.depth.most
        };
        let entered = Arc::new(Entered {
            place: self.share.take_of(most, 1)?,
            since: now,
            begun: AtomicBool::new(false),
            moves: self.moves.clone(),
            wait: self.wait.clone(),
        });
        self.all.silent().push_back(Arc::downgrade(&entered));
        Some(Entry(entered))
    }
}

/// One call. It leaves the backlog when the last clone is dropped.
#[derive(Debug, Clone)]
pub(super) struct Entry(Arc<Entered>);

#[derive(Debug)]
struct Entered {
    moves: Moves,
    place: Held,
    since: Instant,
    begun: AtomicBool,
    wait: Shortest,
}

impl Entered {
    fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }
}

impl Entry {
    /// A piece of it has come. Whether there is room for it, after it was silent for long.
    pub(super) fn begin(&self) -> bool {
        let begun = self.0.begun.swap(true, Ordering::Relaxed);
        begun || !self.0.place.is_nothing() || self.0.place.grow(1)
    }

    /// What the use case gives back when the call needs no processor any more.
    pub(super) fn into_ticket(self) -> Ticket {
        Ticket::new(Departure(self))
    }
}

/// The wait of a call that came to its turn.
struct Departure(Entry);

impl Drop for Departure {
    fn drop(&mut self) {
        self.0.0.wait.note(self.0.0.since.elapsed());
    }
}

#[cfg(test)]
mod tests;
