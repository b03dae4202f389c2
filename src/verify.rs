//! The use case: claim the order, call UPI, settle the order. What is written before a byte leaves,
//! and after, is the state machine of [`port::Ledger`].
//!
//! A call that has started runs in a task of its own, so neither the caller's deadline
//! nor its disconnection can drop a request that is on its way, or lose its answer. Callers
//! wait for the task; a second call with the same order id waits for the same one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tracing::Instrument as _;

use crate::current::Current;
use crate::domain::{Answer, Budget, CallerName, OrderId, Verification};
use crate::observe::Observer;

pub mod error;
pub mod port;
pub mod sealing;

mod attempt;
mod bars;
mod breaker;
#[cfg(test)]
pub(crate) mod doubles;
mod flight;
mod keeper;
mod pause;
mod settle;
mod shared_rate;
#[cfg(test)]
mod sim;
mod standing;
#[cfg(test)]
mod tests;
mod ticket;
mod upstream;

use bars::Bars;
use breaker::Breaker;
use error::{NotSent, VerifyError};
use flight::{Boarding, Flight, Flights};
use port::{Asker, Cause, Gateway, Ledger, LedgerError, Record};
use sealing::Sealing;
pub use shared_rate::SharedRate;
#[cfg(test)]
use sim::spawn;
use standing::too_slow;
pub use ticket::Ticket;
#[cfg(not(test))]
use tokio::spawn;

/// Longer than most looks into a ledger take, and nothing to a caller that asks for what is not there.
const NOT_FOUND_TICK: Duration = Duration::from_millis(10);

/// Limits of the use case.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Orders in flight at most; one more is refused at once.
    pub max_in_flight: usize,
    /// Nothing is sent for callers who all have less time left than this.
    pub least_time: Duration,
    /// How long the ledger may take for one step.
    pub ledger: Duration,
    /// So many failures to connect to UPI in a row refuse calls at once; 0 never does.
    pub breaker_failures: usize,
}

/// An answer, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// UPI's answer.
    pub answer: Answer,
    /// Taken from the ledger; nothing was sent for this call.
    pub replayed: bool,
}

/// How UPI was last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upstream {
    /// Not called yet.
    Unknown,
    /// The last call got a signed answer.
    Up,
    /// The last call got none.
    Down,
}

/// Why an order cannot be shown.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FindError {
    /// Never seen, or purged.
    #[error("no such order")]
    NotFound,
    /// The engine failed.
    #[error("the ledger is unavailable")]
    LedgerUnavailable(#[source] Cause),
}

/// Whether orders are still taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Open,
    Draining,
    Abandoned,
}

/// The use case, shared by all calls.
pub struct Verifier {
    gateway: Current<dyn Gateway>,
    ledger: Arc<dyn Ledger>,
    observer: Arc<dyn Observer>,
    limits: Limits,
    flights: Flights,
    breaker: Arc<Breaker>,
    rate: Current<SharedRate>,
    sealing: Arc<Sealing>,
    phase: watch::Sender<Phase>,
    upstream: watch::Sender<Upstream>,
    ledger_up: watch::Sender<bool>,
    /// Calls met an error of the ledger.
    doubt: Notify,
    /// Ends that the ledger has yet to take.
    unsettled: AtomicUsize,
    /// Whether nothing is sent.
    paused: AtomicBool,
    bars: Bars,
    /// Of whom it is told what they have left.
    budgets: Current<[(CallerName, Budget)]>,
}

impl Verifier {
    /// Puts the ports together.
    #[must_use]
    pub fn new(
        gateway: Arc<dyn Gateway>,
        ledger: Arc<dyn Ledger>,
        observer: Arc<dyn Observer>,
        limits: Limits,
    ) -> Arc<Self> {
        Arc::new(Self {
            gateway: Current::new(gateway),
            ledger,
            flights: Flights::new(limits.max_in_flight, Arc::clone(&observer)),
            observer,
            breaker: Breaker::new(limits.breaker_failures),
            rate: Current::new(Arc::default()),
            sealing: Arc::default(),
            limits,
            phase: watch::Sender::new(Phase::Open),
            upstream: watch::Sender::new(Upstream::Unknown),
            ledger_up: watch::Sender::new(true),
            doubt: Notify::new(),
            unsettled: AtomicUsize::new(0),
            paused: AtomicBool::new(false),
            bars: Bars::default(),
            budgets: Current::new(Arc::default()),
        })
    }

    /// From now on orders go this way. An order keeps the way that it began with: what one set of keys
    /// has sealed is sent and opened by the same.
    pub fn renew(&self, gateway: Arc<dyn Gateway>) {
        self.gateway.turn(gateway);
    }

    /// From now on orders leave at this rate.
    pub fn limit(&self, rate: SharedRate) {
        self.rate.turn(Arc::new(rate));
    }

    /// Sends the order, joins the call that is sending it, or replays its answer.
    ///
    /// `deadline` is when this returns at the latest; `None` waits for the answer. `ticket` is
    /// held until the order is sealed, or never will be.
    ///
    /// # Errors
    /// By phase; see [`VerifyError`]. [`VerifyError::Pending`] says that the call goes on.
    pub async fn verify(
        self: &Arc<Self>,
        request: Verification,
        deadline: Option<Instant>,
        ticket: Ticket,
    ) -> Result<Verified, VerifyError> {
        let fingerprint = self.ledger.fingerprint(&request);
        let order_id = request.order_id.clone();
        let mut shared_a_look = false;
        loop {
            match self.board(&order_id, &fingerprint, deadline)? {
                Boarding::Lead(flight) => {
                    let mut landing = flight.landing();
                    let task = Arc::clone(self).fly(flight, (request, ticket));
                    spawn(task.in_current_span());
                    return wait(&mut landing, deadline).await;
                }
                Boarding::Join(mut landing) => match wait(&mut landing, deadline).await {
                    // The flight was not worth its own callers' time; the next may be worth ours.
                    Err(VerifyError::NotSent(NotSent::DeadlineTooShort))
                        if self.worth_sending(deadline) =>
                    {
                        until(deadline, landing.cleared()).await;
                    }
                    // The flight may have looked before this call came, and a late answer may have
                    // been told in between; the next flight looks after that.
                    Err(error) if !shared_a_look && attempt::is_recorded(&error) => {
                        shared_a_look = true;
                        until(deadline, landing.cleared()).await;
                    }
                    ended => return ended,
                },
            }
        }
    }

    /// The recorded state of an order; asks nobody but the ledger. To those who may not read it,
    /// an order is unknown.
    ///
    /// # Errors
    /// The order is unknown, or the ledger failed.
    pub async fn find(&self, id: &OrderId, asker: &Asker) -> Result<Record, FindError> {
        let begun = Instant::now();
        let finding = timeout(self.limits.ledger, self.ledger.find(id));
        let found = finding.await.unwrap_or_else(|_| Err(too_slow()));
        let found = found.map_err(|error| FindError::LedgerUnavailable(Arc::new(error)))?;
        if let Some(record) = found.filter(|record| asker.may_read(record)) {
            return Ok(record);
        }
        if asker.rights().is_some() {
            sleep_until(next_tick(begun)).await;
        }
        Err(FindError::NotFound)
    }

    /// From now on new orders are refused as draining; those in flight go on.
    pub fn drain(&self) {
        self.advance(Phase::Draining);
    }

    /// Who waits for a turn to be sealed.
    #[must_use]
    pub fn sealing(&self) -> Arc<Sealing> {
        Arc::clone(&self.sealing)
    }

    /// Orders in flight now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.flights.count()
    }

    /// Resolves when no order is in flight.
    pub async fn idle(&self) {
        self.flights.empty().await;
    }

    /// The hard end of a drain: what is in flight is settled as unknown, or as not sent
    /// where nothing had left, and its callers are answered. Returns when that is done.
    pub async fn abandon(&self) {
        self.advance(Phase::Abandoned);
        self.idle().await;
    }

    /// How UPI was last seen.
    #[must_use]
    pub fn upstream(&self) -> watch::Receiver<Upstream> {
        self.upstream.subscribe()
    }

    /// Whether orders can be claimed.
    #[must_use]
    pub fn ledger_up(&self) -> watch::Receiver<bool> {
        self.ledger_up.subscribe()
    }

    fn advance(&self, to: Phase) {
        self.phase.send_if_modified(|phase| {
            let later = to > *phase;
            *phase = to.max(*phase);
            later
        });
    }

    fn board(
        &self,
        id: &OrderId,
        fingerprint: &port::Fingerprint,
        deadline: Option<Instant>,
    ) -> Result<Boarding, NotSent> {
        let open = *self.phase.borrow() == Phase::Open;
        self.flights.board(id, fingerprint, deadline, open)
    }

    fn worth_sending(&self, deadline: Option<Instant>) -> bool {
        deadline.is_none_or(|deadline| {
            deadline.saturating_duration_since(Instant::now()) >= self.limits.least_time
        })
    }

    fn has_time(&self, flight: &Flight) -> bool {
        self.worth_sending(flight.latest_deadline())
    }
}

/// The next moment at which a caller that rules know is told of an order that it may not see. A ledger
/// takes longer to read one of another caller than to see that there is none, and the time is the
/// same when both wait for the same tick.
fn next_tick(begun: Instant) -> Instant {
    let ticks = begun.elapsed().as_nanos() / NOT_FOUND_TICK.as_nanos();
    let ticks = u32::try_from(ticks).unwrap_or(u32::MAX).saturating_add(1);
    begun + NOT_FOUND_TICK.saturating_mul(ticks)
}

async fn wait(
    landing: &mut flight::Landing,
    deadline: Option<Instant>,
) -> Result<Verified, VerifyError> {
    let ended = until(deadline, landing.wait()).await;
    ended.unwrap_or_else(|| Err(landing.overdue()))
}

/// Waits for a future, or until the deadline.
async fn until<T>(deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}

impl From<LedgerError> for NotSent {
    fn from(error: LedgerError) -> Self {
        Self::LedgerUnavailable(Arc::new(error))
    }
}
