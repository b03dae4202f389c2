//! One attempt to get an answer for an order, from the claim to its settlement.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::Instant;
use tracing::{error, info};

use super::error::{Dispatch, NotSent, VerifyError};
use super::flight::{Ended, Flight};
use super::port::{
    CallError, Cause, Claim, Claimed, Fingerprint, LedgerError, Record, Sealed, Settlement, State,
};
use super::{Phase, Ticket, Upstream, Verified, Verifier};
use crate::domain::{OrderId, Verification};
use crate::observe::{self, Event, stage};

/// How often a settlement is tried when the ledger's engine fails, and how long the first
/// pause is; each next one is twice as long (12.7 s in all).
const SETTLE_ATTEMPTS: u32 = 8;
const SETTLE_PAUSE: Duration = Duration::from_millis(100);

/// An end, and what the ledger must learn of it; `None` when it knows.
type Conclusion = (Ended, Option<Settlement>);

/// How far an attempt came, for the case that it panics.
#[derive(Default)]
struct Progress(AtomicU8);

impl Progress {
    const CLAIMED: u8 = 1;
    const DEPARTED: u8 = 2;

    fn reach(&self, step: u8) {
        self.0.store(step, Ordering::Relaxed);
    }

    /// The end of an order whose attempt panicked here. An order that was not claimed is
    /// not ours to settle.
    fn crash(&self) -> Conclusion {
        let (dispatch, settlement) = match self.0.load(Ordering::Relaxed) {
            Self::DEPARTED => (Dispatch::Unknown, Some(Settlement::OutcomeUnknown)),
            Self::CLAIMED => (Dispatch::NotSent, Some(Settlement::NotSent)),
            _ => (Dispatch::NotSent, None),
        };
        let cause: Cause = Arc::new(Panicked);
        (Err(VerifyError::Fault { dispatch, cause }), settlement)
    }
}

impl Verifier {
    /// Leads a flight to its end. Whoever drops this future breaks promises: it runs in a
    /// task of its own.
    pub(super) async fn fly(self: Arc<Self>, flight: Arc<Flight>, request: (Verification, Ticket)) {
        let progress = Progress::default();
        let attempt = AssertUnwindSafe(self.attempt(&flight, request, &progress));
        let (ended, settlement) = attempt
            .catch_unwind()
            .await
            .unwrap_or_else(|_| progress.crash());
        if let Some(settlement) = settlement {
            self.settled(&flight, settlement, &ended).await;
        }
        report_if_deserted(&flight, &ended);
        flight.land(ended);
        self.flights.remove(&flight.order_id);
    }

    async fn attempt(
        &self,
        flight: &Flight,
        (request, ticket): (Verification, Ticket),
        progress: &Progress,
    ) -> Conclusion {
        let claim = Claim {
            order_id: flight.order_id.clone(),
            fingerprint: flight.fingerprint,
            consent: request.consent.clone(),
        };
        match self.ledger.claim(claim).await {
            Ok(Claimed::Granted) => progress.reach(Progress::CLAIMED),
            Ok(Claimed::Standing(record)) => return (self.replay(*record, flight), None),
            Err(error) => return (Err(NotSent::from(error).into()), None),
        }
        match self.prepare(flight, request, ticket).await {
            Ok(sealed) => {
                progress.reach(Progress::DEPARTED);
                self.call(sealed).await
            }
            Err(error) => (Err(error), Some(Settlement::NotSent)),
        }
    }

    /// Everything after the claim that can fail without a byte having left.
    async fn prepare(
        &self,
        flight: &Flight,
        request: Verification,
        ticket: Ticket,
    ) -> Result<Sealed, VerifyError> {
        if *self.phase.borrow() == Phase::Abandoned {
            return Err(NotSent::Draining.into());
        }
        if !self.has_time(flight) {
            return Err(NotSent::DeadlineTooShort.into());
        }
        let sealed = self
            .gateway
            .seal(&request)
            .map_err(|cause| VerifyError::Fault {
                dispatch: Dispatch::NotSent,
                cause,
            })?;
        // Personal data is wiped now rather than after a minute of waiting for UPI.
        drop((request, ticket));
        let written = self.ledger.sending(&flight.order_id).await;
        written.map_err(NotSent::from)?;
        Ok(sealed)
    }

    async fn call(&self, sealed: Sealed) -> Conclusion {
        let begun = Instant::now();
        let mut phase = self.phase.subscribe();
        let result = tokio::select! {
            result = self.gateway.send(sealed) => result,
            _ = phase.wait_for(|phase| *phase == Phase::Abandoned) => {
                Err(CallError::Unknown(Arc::new(DrainEnded)))
            }
        };
        self.upstream.send_replace(match &result {
            Ok(_) => Upstream::Up,
            Err(_) => Upstream::Down,
        });
        let certain = result.as_ref().map_err(CallError::dispatch);
        let called = Event::Called(certain, begun.elapsed());
        self.observer.record(&called);
        conclude(result)
    }

    fn replay(&self, record: Record, flight: &Flight) -> Ended {
        let ended = replay(record, flight.fingerprint);
        if ended.is_ok() {
            self.observer.record(&Event::Replayed);
        }
        ended
    }

    async fn settled(&self, flight: &Flight, settlement: Settlement, ended: &Ended) {
        let certain = ended.as_ref().map(drop).map_err(VerifyError::dispatch);
        self.observer.record(&Event::OrderEnded(certain));
        let settling = self.settle(flight, settlement, ended);
        let settle = stage(observe::Stage::Settle, &*self.observer);
        settle.wait(settling).await;
    }

    /// Records the end before anybody is told, so that whoever was told can ask again.
    /// When the engine fails the callers get their answer all the same, and the
    /// settlement is tried on while the flight still answers for the order.
    async fn settle(&self, flight: &Flight, settlement: Settlement, ended: &Ended) {
        let mut pause = SETTLE_PAUSE;
        for attempt in 1..=SETTLE_ATTEMPTS {
            let settled = self.ledger.settle(&flight.order_id, settlement.clone());
            let Err(cause) = settled.await else { return };
            let hopeless = matches!(cause, LedgerError::WrongState);
            let last = hopeless || attempt == SETTLE_ATTEMPTS;
            error!(order_id = %flight.order_id, attempt, last, %cause, "the end of an order could not be recorded");
            flight.land(ended.clone());
            if last || *self.phase.borrow() == Phase::Abandoned {
                return;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
}

fn conclude(result: Result<crate::domain::Answer, CallError>) -> Conclusion {
    match result {
        Ok(answer) => (
            Ok(Verified {
                answer: answer.clone(),
                replayed: false,
            }),
            Some(Settlement::Answered(answer)),
        ),
        Err(CallError::NotSent(cause)) => (
            Err(NotSent::Unreachable(cause).into()),
            Some(Settlement::NotSent),
        ),
        Err(CallError::Refused(cause)) => {
            (Err(VerifyError::Refused(cause)), Some(Settlement::NotSent))
        }
        Err(CallError::Unknown(cause)) => (
            Err(VerifyError::OutcomeUnknown(cause)),
            Some(Settlement::OutcomeUnknown),
        ),
    }
}

/// What an order that stands in the ledger says to a new call.
fn replay(record: Record, fingerprint: Fingerprint) -> Ended {
    if record.fingerprint != fingerprint {
        return Err(NotSent::OrderIdReused.into());
    }
    match record.state {
        State::Answered(answer) => Ok(Verified {
            answer,
            replayed: true,
        }),
        State::OutcomeUnknown => Err(VerifyError::OutcomeUnknown(Arc::new(Recorded))),
        // Another process holds the claim; its answer comes to the ledger.
        State::Claimed | State::Sending => Err(VerifyError::Pending),
        // The ledger grants these; to stand by one is a bug in it.
        State::NotSent => Err(VerifyError::Fault {
            dispatch: Dispatch::NotSent,
            cause: Arc::new(NotGranted),
        }),
    }
}

/// The callers' own log lines tell the end; when all have left, this one does.
fn report_if_deserted(flight: &Flight, ended: &Ended) {
    if flight.is_deserted() {
        report(&flight.order_id, ended);
    }
}

fn report(order_id: &OrderId, ended: &Ended) {
    match ended {
        Ok(_) => info!(%order_id, "the answer was recorded after its callers had left"),
        Err(error) => {
            info!(%order_id, dispatch = ?error.dispatch(), "the order ended after its callers had left")
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the gateway was shut down before an answer came")]
struct DrainEnded;

#[derive(Debug, thiserror::Error)]
#[error("the ledger has the order as unknown")]
struct Recorded;

#[derive(Debug, thiserror::Error)]
#[error("the ledger did not grant an order that was not sent")]
struct NotGranted;

#[derive(Debug, thiserror::Error)]
#[error("the attempt panicked")]
struct Panicked;
