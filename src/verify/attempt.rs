//! One attempt to get an answer for an order: look, seal, claim, send, settle.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt as _;
use tokio::time::Instant;
use tracing::{error, info};

use super::breaker::Pass;
use super::error::{CallerLimit, Dispatch, NotSent, VerifyError};
use super::flight::{Ended, Flight};
use super::port::{
    Attempt, CallError, Cause, Claim, Digest, Gateway, Record, SealError, Sealed, Settlement, State,
};
use super::standing::{Stand, same_content};
use super::{Phase, Ticket, Upstream, Verified, Verifier};
use crate::crash;
use crate::domain::{Budget, CallerName, OrderId, Verification};
use crate::observe::Event;

/// An end, and what the ledger must learn of it; `None` when it knows, or has nothing to know.
type Conclusion = (Ended, Option<(Attempt, Settlement)>);

/// How far an attempt came, for the case that it panics.
#[derive(Default)]
struct Progress {
    /// From here on the ledger may have a row of it.
    claiming: OnceLock<Attempt>,
    departed: AtomicBool,
}

impl Progress {
    /// The end of an order whose attempt panicked here.
    fn crash(&self) -> Conclusion {
        let departed = self.departed.load(Ordering::Relaxed);
        let (dispatch, end) = if departed {
            (Dispatch::Unknown, Settlement::OutcomeUnknown)
        } else {
            (Dispatch::NotSent, Settlement::NotSent)
        };
        let cause: Cause = Arc::new(Panicked);
        let ended = Err(VerifyError::Fault { dispatch, cause });
        (ended, self.claiming.get().map(|it| (it.clone(), end)))
    }
}

/// A request that is sealed, what the ledger is to know of it, its way, and leave to go it.
struct Ready {
    gateway: Arc<dyn Gateway>,
    sealed: Sealed,
    claim: Claim,
    pass: Pass,
}

impl Verifier {
    /// Leads a flight to its end. Whoever drops this future breaks promises: it runs in a
    /// task of its own.
    pub(super) async fn fly(
        self: Arc<Self>,
        flight: Arc<Flight>,
        (request, mut ticket): (Verification, Ticket),
    ) {
        let place = ticket.take_place();
        let request = (request, ticket);
        let progress = Progress::default();
        let attempt = AssertUnwindSafe(self.attempt(&flight, request, &progress));
        let (ended, due) = attempt
            .catch_unwind()
            .await
            .unwrap_or_else(|_| progress.crash());
        if let Some((attempt, end)) = due {
            crash::point("answered");
            let settling = self.settled(&flight, &attempt, end, &ended);
            if AssertUnwindSafe(settling).catch_unwind().await.is_err() {
                error!(order_id = %flight.order_id, "the end of an order is not recorded: that panicked");
            }
            crash::point("settled");
        }
        report_if_deserted(&flight, &ended);
        // Whoever gets its answer may ask for the next order at once.
        drop(place);
        flight.land(ended);
        crash::point("told");
        self.flights.remove(&flight.order_id);
    }

    async fn attempt(
        &self,
        flight: &Flight,
        (request, ticket): (Verification, Ticket),
        progress: &Progress,
    ) -> Conclusion {
        let digest = match self.look(flight).await {
            Ok(Stand::Free(digest)) => digest,
            Ok(Stand::Taken(record)) => {
                drop((request, ticket));
                return (self.stand(record, flight).await, None);
            }
            Err(error) => return (Err(error), None),
        };
        crash::point("looked");
        // Whether it is still worth it is judged in its turn, and not before the wait for that.
        let ready = self.prepare(flight, (&request, ticket.budget()), digest);
        let ready = match self.sealing.run(ready).await {
            Ok(ready) => ready,
            Err(error) => return (Err(error), None),
        };
        // Personal data is wiped now rather than after a minute of waiting for UPI.
        drop((request, ticket));
        crash::point("sealed");
        self.depart(flight, ready, progress).await
    }

    /// Everything before the claim that can fail without a trace.
    async fn prepare(
        &self,
        flight: &Flight,
        (request, budget): (&Verification, Budget),
        digest: Digest,
    ) -> Result<Ready, VerifyError> {
        self.not_paused()?;
        self.bars.check(request.caller.as_ref())?;
        self.still_wanted(flight)?;
        let gateway = self.gateway.get();
        let pass = self.pass(&*gateway)?;
        self.within_rate(request.caller.as_ref())?;
        let sealed = gateway.seal(request).await?;
        let claim = claim((request, budget), digest, &sealed);
        Ok(Ready {
            gateway,
            sealed,
            claim,
            pass,
        })
    }

    fn still_wanted(&self, flight: &Flight) -> Result<(), NotSent> {
        if *self.phase.borrow() == Phase::Abandoned {
            return Err(NotSent::Draining);
        }
        if !self.has_time(flight) {
            return Err(NotSent::DeadlineTooShort);
        }
        Ok(())
    }

    fn within_rate(&self, caller: Option<&CallerName>) -> Result<(), NotSent> {
        let taken = self.rate.get().take(caller);
        taken.map_err(|delay| NotSent::over(CallerLimit::UpiRate, caller, delay))
    }

    async fn depart(&self, flight: &Flight, ready: Ready, progress: &Progress) -> Conclusion {
        let Ready {
            gateway,
            sealed,
            claim,
            pass,
        } = ready;
        let attempt = claim.attempt.clone();
        // Cannot be set twice: there is one attempt for each progress.
        let _ = progress.claiming.set(attempt.clone());
        match self.claim(claim).await {
            Ok(None) => {}
            Ok(Some(record)) => return (self.stand(record, flight).await, None),
            Err((error, written)) => {
                let due = written.then_some((attempt, Settlement::NotSent));
                return (Err(error.into()), due);
            }
        }
        crash::point("claimed");
        if let Err(error) = self.still_wanted(flight).and_then(|()| flight.depart()) {
            return (Err(error.into()), Some((attempt, Settlement::NotSent)));
        }
        progress.departed.store(true, Ordering::Relaxed);
        let (ended, end) = self.call(&*gateway, sealed, pass).await;
        (ended, Some((attempt, end)))
    }

    async fn call(&self, gateway: &dyn Gateway, sealed: Sealed, pass: Pass) -> (Ended, Settlement) {
        let begun = Instant::now();
        let mut phase = self.phase.subscribe();
        let result = tokio::select! {
            // An answer that is there counts, even at the hard end.
            biased;
            result = gateway.send(sealed) => result,
            _ = phase.wait_for(|phase| *phase == Phase::Abandoned) => {
                Err(CallError::Unknown(Arc::new(DrainEnded)))
            }
        };
        match &result {
            Err(CallError::NoConnection(_)) => pass.failed(gateway.connections()),
            _ => pass.passed(),
        }
        self.upstream.send_replace(match &result {
            Ok(_) => Upstream::Up,
            Err(_) => Upstream::Down,
        });
        let certain = result.as_ref().map_err(CallError::dispatch);
        let called = Event::Called(certain, begun.elapsed());
        self.observer.record(&called);
        conclude(result)
    }

    /// What an order that stands in the ledger says to a call.
    async fn stand(&self, record: Box<Record>, flight: &Flight) -> Ended {
        // It may have been claimed for other content since it was looked at.
        same_content(&record, flight)?;
        let record = match record.state {
            State::Sending => {
                // Whoever was told that nothing is sent has left: it is so of their calls.
                let _ = flight.depart();
                self.elsewhere(flight).await?
            }
            _ => *record,
        };
        let ended = replay(record);
        if ended.is_ok() {
            self.observer.record(&Event::Replayed);
        }
        ended
    }
}

impl From<SealError> for VerifyError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::NoSignature(cause) => NotSent::CannotSign(cause).into(),
            SealError::Fault(cause) => Self::Fault {
                dispatch: Dispatch::NotSent,
                cause,
            },
        }
    }
}

fn claim((request, budget): (&Verification, Budget), digest: Digest, sealed: &Sealed) -> Claim {
    Claim {
        attempt: Attempt {
            order_id: request.order_id.clone(),
            upi_uuid: sealed.upi_uuid.clone(),
        },
        digest,
        consent: request.consent.clone(),
        jws_sha256: sealed.jws_sha256,
        caller: request.caller.clone(),
        budget,
    }
}

fn conclude(result: Result<crate::domain::Answer, CallError>) -> (Ended, Settlement) {
    match result {
        Ok(answer) => {
            let end = Settlement::Answered(answer.clone());
            let replayed = false;
            (Ok(Verified { answer, replayed }), end)
        }
        Err(CallError::NoConnection(cause) | CallError::NotSent(cause)) => {
            let error = NotSent::Unreachable(cause);
            (Err(error.into()), Settlement::NotSent)
        }
        Err(CallError::Refused(cause)) => (Err(VerifyError::Refused(cause)), Settlement::NotSent),
        Err(CallError::Unknown(cause)) => {
            let error = VerifyError::OutcomeUnknown(cause);
            (Err(error), Settlement::OutcomeUnknown)
        }
    }
}

/// What the ledger's word is to a call with the same content.
fn replay(record: Record) -> Ended {
    match record.state {
        State::Answered(answer) => Ok(Verified {
            answer,
            replayed: true,
        }),
        State::OutcomeUnknown => Err(VerifyError::OutcomeUnknown(Arc::new(Recorded))),
        State::Sending => Err(VerifyError::Pending),
        // Another gateway had the order, and could prove that UPI did not get it.
        State::NotSent => Err(NotSent::Unreachable(Arc::new(FreedElsewhere)).into()),
    }
}

/// Whether an error is the ledger's word rather than the end of an attempt.
pub(super) fn is_recorded(error: &VerifyError) -> bool {
    matches!(error, VerifyError::OutcomeUnknown(cause) if cause.is::<Recorded>())
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
#[error("another gateway had the order and could not send it")]
struct FreedElsewhere;

#[derive(Debug, thiserror::Error)]
#[error("the attempt panicked")]
struct Panicked;
