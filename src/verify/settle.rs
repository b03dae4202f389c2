//! Recording how an attempt ended.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::timeout;
use tracing::{error, warn};

use super::error::VerifyError;
use super::flight::{Ended, Flight};
use super::port::{Attempt, LedgerError, Settled, Settlement};
use super::standing::too_slow;
use super::{Phase, Verifier};
use crate::observe::{Event, Stage, stage};

/// How long the first pause is after a settlement that failed; each next one is twice as long, up
/// to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(5);

impl Verifier {
    /// Records the end before anybody is told, so that whoever was told can ask again.
    pub(super) async fn settled(
        &self,
        flight: &Flight,
        attempt: &Attempt,
        end: Settlement,
        ended: &Ended,
    ) {
        let certain = ended.as_ref().map(drop).map_err(VerifyError::dispatch);
        self.observer.record(&Event::OrderEnded(certain));
        let settle = stage(Stage::Settle, &*self.observer);
        let first = settle.wait(self.try_settle(attempt, end.clone())).await;
        let Err(cause) = first else { return };
        let backlog = self.unsettled.fetch_add(1, Ordering::Relaxed) + 1;
        self.observer.record(&Event::Unsettled(backlog));
        self.insist(flight, attempt, end, (ended, cause)).await;
        let backlog = self.unsettled.fetch_sub(1, Ordering::Relaxed) - 1;
        self.observer.record(&Event::Unsettled(backlog));
    }

    /// The callers get their end all the same, and the settlement is tried until it holds, while
    /// the flight answers for the order.
    async fn insist(
        &self,
        flight: &Flight,
        attempt: &Attempt,
        end: Settlement,
        (ended, mut cause): (&Ended, LedgerError),
    ) {
        let order_id = &attempt.order_id;
        let mut pause = FIRST_PAUSE;
        loop {
            flight.land(ended.clone());
            if matches!(cause, LedgerError::WrongState) {
                return self.lost(attempt, &end, ended);
            }
            self.doubt_ledger();
            if *self.phase.borrow() == Phase::Abandoned {
                error!(%order_id, %cause, "the gateway ends, and the end of an order is not recorded");
                return;
            }
            warn!(%order_id, %cause, "the end of an order could not be recorded; tried again");
            self.pause(pause).await;
            pause = LAST_PAUSE.min(pause * 2);
            match self.try_settle(attempt, end.clone()).await {
                Ok(()) => return,
                Err(error) => cause = error,
            }
        }
    }

    async fn try_settle(&self, attempt: &Attempt, end: Settlement) -> Result<(), LedgerError> {
        let settling = timeout(self.limits.ledger, self.ledger.settle(attempt, end));
        let settled = settling.await.unwrap_or_else(|_| Err(too_slow()))?;
        if settled == Settled::Late {
            self.observer.record(&Event::LateEnd);
        }
        Ok(())
    }

    /// A claim of which the engine could not say whether it was written was not, as a rule: then
    /// there is nothing to settle. Any other attempt has a row.
    fn lost(&self, attempt: &Attempt, end: &Settlement, ended: &Ended) {
        let unsure = matches!(
            ended,
            Err(VerifyError::NotSent(super::NotSent::LedgerUnavailable(_)))
        );
        if !(unsure && *end == Settlement::NotSent) {
            let order_id = &attempt.order_id;
            error!(%order_id, "the ledger has no such attempt, or another end of it");
        }
    }
}
