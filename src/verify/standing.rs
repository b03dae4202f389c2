//! How an order stands in the ledger: the look before anything is sealed, the claim, and the wait
//! for an order that somebody else has claimed.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::error::{CallerLimit, Denial, Dispatch, Forbidden, NotSent, VerifyError};
use super::flight::Flight;
use super::port::{Attempt, Bar, Claim, Claimed, Digest, LedgerError, Record, State};
use super::{Phase, Verifier};
use crate::domain::CallerName;
use crate::observe::{Stage, stage};

/// How long the first pause is between two looks at an order of another gateway; each next one is
/// twice as long, up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_millis(500);

/// How an order stands before anything is done for it.
pub(super) enum Stand {
    /// It may be claimed, with this digest.
    Free(Digest),
    /// It was claimed, with the same content.
    Taken(Box<Record>),
}

impl Verifier {
    /// Looks at the order: it may be known, which costs no seal.
    pub(super) async fn look(&self, flight: &Flight) -> Result<Stand, VerifyError> {
        let found = self.read(flight).await.map_err(NotSent::from)?;
        let Some(record) = found else {
            return Ok(Stand::Free(flight.fingerprint.current()));
        };
        let digest = same_content(&record, flight)?;
        Ok(match record.state {
            State::NotSent => Stand::Free(digest),
            _ => Stand::Taken(Box::new(record)),
        })
    }

    /// Claims the order for an attempt, or learns how it stands. An error comes with whether the
    /// claim may be written all the same.
    pub(super) async fn claim(&self, claim: Claim) -> Result<Option<Box<Record>>, (NotSent, bool)> {
        let (attempt, caller) = (claim.attempt.clone(), claim.caller.clone());
        let limited = timeout(self.limits.ledger, self.ledger.claim(claim));
        let claiming = stage(Stage::Claim, &*self.observer);
        match claiming.wait(limited).await {
            Ok(Ok(Claimed::Granted)) => Ok(None),
            Ok(Ok(Claimed::Standing(record))) => Ok(Some(record)),
            Ok(Ok(Claimed::Barred(bar))) => {
                let error = barred(bar, caller.as_ref());
                if let Some(caller) = &caller {
                    self.bars.note(caller, &error);
                }
                Err((error, false))
            }
            Ok(Err(error @ (LedgerError::Engine(_) | LedgerError::WrongState))) => {
                self.doubt_ledger();
                Err((error.into(), false))
            }
            Ok(Err(error @ LedgerError::Uncertain(_))) => self.read_back(&attempt, error).await,
            Err(_) => self.read_back(&attempt, too_slow()).await,
        }
    }

    /// The engine could not say whether it wrote a claim: nothing is sent on a guess.
    async fn read_back(
        &self,
        attempt: &Attempt,
        error: LedgerError,
    ) -> Result<Option<Box<Record>>, (NotSent, bool)> {
        self.doubt_ledger();
        let finding = timeout(self.limits.ledger, self.ledger.find(&attempt.order_id));
        match finding.await {
            Ok(Ok(Some(record))) if is_ours(&record, attempt) => Ok(None),
            Ok(Ok(Some(record))) if record.state != State::NotSent => Ok(Some(Box::new(record))),
            _ => Err((error.into(), true)),
        }
    }

    /// Waits for the end of an order that another gateway has claimed, by reading, and no longer
    /// than the callers do.
    pub(super) async fn elsewhere(&self, flight: &Flight) -> Result<Record, VerifyError> {
        let mut pause = FIRST_PAUSE;
        loop {
            let due = flight
                .latest_deadline()
                .is_some_and(|by| by <= Instant::now());
            if due || *self.phase.borrow() == Phase::Abandoned {
                return Err(VerifyError::Pending);
            }
            self.pause(pause).await;
            pause = LAST_PAUSE.min(pause * 2);
            // A look that fails says nothing of the order, which is on its way.
            match self.read(flight).await {
                Ok(Some(record)) if record.state != State::Sending => return Ok(record),
                _ => {}
            }
        }
    }

    /// A pause that the hard end of a drain cuts short.
    pub(super) async fn pause(&self, pause: Duration) {
        let mut phase = self.phase.subscribe();
        tokio::select! {
            biased;
            () = sleep(pause) => {}
            _ = phase.wait_for(|phase| *phase == Phase::Abandoned) => {}
        }
    }

    async fn read(&self, flight: &Flight) -> Result<Option<Record>, LedgerError> {
        let finding = timeout(self.limits.ledger, self.ledger.find(&flight.order_id));
        finding.await.unwrap_or_else(|_| Err(too_slow()))
    }
}

/// What a caller is told for whom nothing may be sent.
fn barred(bar: Bar, caller: Option<&CallerName>) -> NotSent {
    match bar {
        Bar::Stopped => Denial::PermissionDenied(Forbidden::Stopped).into(),
        Bar::Spent { span, rest } => NotSent::over(CallerLimit::Budget(span), caller, rest),
    }
}

fn is_ours(record: &Record, attempt: &Attempt) -> bool {
    record.state == State::Sending && record.upi_uuid == attempt.upi_uuid
}

/// Holds a recorded order against the content of a call; the digest to claim it with.
pub(super) fn same_content(record: &Record, flight: &Flight) -> Result<Digest, VerifyError> {
    match flight.fingerprint.under(record.digest.key) {
        Some(digest) if digest == record.digest => Ok(digest),
        Some(_) => Err(NotSent::OrderIdReused.into()),
        None => Err(VerifyError::Fault {
            dispatch: Dispatch::NotSent,
            cause: Arc::new(UnknownKey),
        }),
    }
}

pub(super) fn too_slow() -> LedgerError {
    LedgerError::Uncertain(Arc::new(TooSlow))
}

#[derive(Debug, thiserror::Error)]
#[error("the ledger took longer than ledger.timeout")]
struct TooSlow;

#[derive(Debug, thiserror::Error)]
#[error(
    "the order was recorded under a fingerprint key that is not in ledger.fingerprint_key_files"
)]
struct UnknownKey;
