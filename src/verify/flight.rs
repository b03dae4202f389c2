//! Orders in flight: who leads, who joins, and how all of them learn the end.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;

use super::Verified;
use super::error::{Dispatch, NotSent, VerifyError};
use super::port::Fingerprint;
use crate::domain::OrderId;
use crate::observe::{Event, Observer};

/// How a flight ends, for everybody who waits for it.
pub(super) type Ended = Result<Verified, VerifyError>;

/// One order on its way, led by one task.
pub(super) struct Flight {
    pub(super) order_id: OrderId,
    pub(super) fingerprint: Fingerprint,
    time: Arc<Mutex<Time>>,
    ended: watch::Sender<Option<Ended>>,
}

/// How long a flight is of use, and whether it still matters.
#[derive(Debug)]
struct Time {
    /// The latest deadline of its callers; `None` when one of them has none.
    latest: Option<Instant>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was sent, here or elsewhere, as far as is known.
    Grounded,
    /// The order is being sent, or is with another gateway.
    Departed,
    /// A caller was told that nothing is sent, and nothing will be.
    GivenUp,
}

impl Flight {
    /// A place from which the end is seen.
    pub(super) fn landing(&self) -> Landing {
        Landing(self.ended.subscribe(), Arc::clone(&self.time))
    }

    /// From here on the request may leave, unless somebody was told that it will not.
    pub(super) fn depart(&self) -> Result<(), NotSent> {
        let mut time = lock(&self.time);
        if time.stage == Stage::GivenUp {
            return Err(NotSent::DeadlineTooShort);
        }
        time.stage = Stage::Departed;
        Ok(())
    }

    /// Tells everybody who waits; the first word stands.
    pub(super) fn land(&self, ended: Ended) {
        self.ended.send_if_modified(|end| {
            let first = end.is_none();
            end.get_or_insert(ended);
            first
        });
    }

    /// Whether nobody waits for the end any more.
    pub(super) fn is_deserted(&self) -> bool {
        self.ended.receiver_count() == 0
    }

    pub(super) fn latest_deadline(&self) -> Option<Instant> {
        lock(&self.time).latest
    }

    fn extend(&self, deadline: Option<Instant>) {
        let mut time = lock(&self.time);
        if time.stage != Stage::GivenUp {
            let both = time.latest.zip(deadline);
            time.latest = both.map(|(one, other)| one.max(other));
        }
    }
}

/// Where a caller waits for the end of a flight.
pub(super) struct Landing(watch::Receiver<Option<Ended>>, Arc<Mutex<Time>>);

impl Landing {
    pub(super) async fn wait(&mut self) -> Ended {
        match self.0.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(ended)) => ended.clone(),
            _ => Err(VerifyError::Fault {
                dispatch: Dispatch::Unknown,
                cause: Arc::new(Vanished),
            }),
        }
    }

    /// The end for a caller whose time is over: nothing is sent any more if nothing was, and nobody
    /// else has time left.
    pub(super) fn overdue(&self) -> VerifyError {
        let mut time = lock(&self.1);
        let useless = time.latest.is_some_and(|by| by <= Instant::now());
        if time.stage == Stage::Grounded && useless {
            time.stage = Stage::GivenUp;
        }
        match time.stage {
            Stage::GivenUp => NotSent::DeadlineTooShort.into(),
            Stage::Grounded | Stage::Departed => VerifyError::Pending,
        }
    }

    /// Resolves when the flight is off the board, which may be long after it has landed.
    pub(super) async fn cleared(&mut self) {
        while self.0.changed().await.is_ok() {}
    }
}

/// The task of a flight ended without a word, which only a runtime that is being shut
/// down can do.
#[derive(Debug, thiserror::Error)]
#[error("the flight vanished")]
struct Vanished;

/// A caller's part in a flight.
pub(super) enum Boarding {
    /// Runs it.
    Lead(Arc<Flight>),
    /// Shares its end.
    Join(Landing),
}

/// All orders in flight in this process.
pub(super) struct Flights {
    capacity: usize,
    aloft: Mutex<HashMap<OrderId, Arc<Flight>>>,
    count: watch::Sender<usize>,
    observer: Arc<dyn Observer>,
}

impl Flights {
    pub(super) fn new(capacity: usize, observer: Arc<dyn Observer>) -> Self {
        Self {
            capacity,
            aloft: Mutex::default(),
            count: watch::Sender::new(0),
            observer,
        }
    }

    /// Joins the order's flight or, while `open`, starts one.
    pub(super) fn board(
        &self,
        id: &OrderId,
        fingerprint: &Fingerprint,
        deadline: Option<Instant>,
        open: bool,
    ) -> Result<Boarding, NotSent> {
        let mut aloft = lock(&self.aloft);
        let full = aloft.len() >= self.capacity;
        let vacant = match aloft.entry(id.clone()) {
            Entry::Occupied(flight) if flight.get().fingerprint == *fingerprint => {
                flight.get().extend(deadline);
                self.observer.record(&Event::Joined);
                return Ok(Boarding::Join(flight.get().landing()));
            }
            Entry::Occupied(_) => return Err(NotSent::OrderIdReused),
            Entry::Vacant(_) if !open => return Err(NotSent::Draining),
            Entry::Vacant(_) if full => return Err(NotSent::Overloaded),
            Entry::Vacant(vacant) => vacant,
        };
        let flight = Arc::new(Flight {
            order_id: id.clone(),
            fingerprint: fingerprint.clone(),
            time: Arc::new(Mutex::new(Time {
                latest: deadline,
                stage: Stage::Grounded,
            })),
            ended: watch::Sender::new(None),
        });
        vacant.insert(Arc::clone(&flight));
        self.tell(aloft.len());
        Ok(Boarding::Lead(flight))
    }

    /// Takes a flight that has landed off the board.
    pub(super) fn remove(&self, id: &OrderId) {
        let mut aloft = lock(&self.aloft);
        aloft.remove(id);
        self.tell(aloft.len());
    }

    /// Within the lock, so that counts are told in the order in which they were true.
    fn tell(&self, count: usize) {
        self.count.send_replace(count);
        self.observer.record(&Event::InFlight(count));
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        *self.count.borrow()
    }

    /// Resolves when nothing is in flight.
    pub(super) async fn empty(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every critical section leaves the value whole, so a panic elsewhere does no harm.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
