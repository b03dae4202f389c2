//! The engine without a disk: orders live as long as the process, about half a kilobyte
//! each. After a restart an old order id is new again, so it suits development and
//! deployments whose callers never reuse an id.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::fingerprint::Fingerprinter;
use crate::domain::{OrderId, Verification};
use crate::verify::port::{
    BoxFuture, Claim, Claimed, Clock, Fingerprint, Ledger, LedgerError, Record, Settlement, State,
};

/// Orders in a map.
pub struct MemoryLedger {
    clock: Arc<dyn Clock>,
    fingerprinter: Fingerprinter,
    orders: Mutex<HashMap<OrderId, Record>>,
}

impl MemoryLedger {
    /// An empty ledger with a digest key of its own.
    ///
    /// # Errors
    /// The operating system gave no random bytes for the key.
    pub fn new(clock: Arc<dyn Clock>) -> Result<Self, getrandom::Error> {
        Ok(Self {
            clock,
            fingerprinter: Fingerprinter::ephemeral()?,
            orders: Mutex::default(),
        })
    }

    fn orders(&self) -> MutexGuard<'_, HashMap<OrderId, Record>> {
        // Every critical section leaves the map whole, so a panic elsewhere does no harm.
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_on(&self, claim: Claim) -> Claimed {
        let now = self.clock.now();
        let fresh = Record {
            state: State::Claimed,
            fingerprint: claim.fingerprint,
            consent: claim.consent,
            created_at: now,
            updated_at: now,
        };
        match self.orders().entry(claim.order_id) {
            Entry::Vacant(vacant) => {
                vacant.insert(fresh);
            }
            Entry::Occupied(mut order) => {
                let record = order.get_mut();
                let free = record.state == State::NotSent;
                if !free || record.fingerprint != fresh.fingerprint {
                    return Claimed::Standing(Box::new(record.clone()));
                }
                record.state = State::Claimed;
                record.updated_at = now;
            }
        }
        Claimed::Granted
    }

    fn step(
        &self,
        id: &OrderId,
        next: impl FnOnce(&State) -> Option<State>,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let mut orders = self.orders();
        let record = orders.get_mut(id).ok_or(LedgerError::WrongState)?;
        record.state = next(&record.state).ok_or(LedgerError::WrongState)?;
        record.updated_at = now;
        Ok(())
    }
}

impl Ledger for MemoryLedger {
    fn fingerprint(&self, request: &Verification) -> Fingerprint {
        self.fingerprinter.digest(request)
    }

    fn claim(&self, claim: Claim) -> BoxFuture<'_, Result<Claimed, LedgerError>> {
        let claimed = self.take_on(claim);
        Box::pin(async move { Ok(claimed) })
    }

    fn sending(&self, id: &OrderId) -> BoxFuture<'_, Result<(), LedgerError>> {
        let stepped = self.step(id, |state| {
            (*state == State::Claimed).then_some(State::Sending)
        });
        Box::pin(async move { stepped })
    }

    fn settle(&self, id: &OrderId, end: Settlement) -> BoxFuture<'_, Result<(), LedgerError>> {
        let stepped = self.step(id, |state| settled(state, end));
        Box::pin(async move { stepped })
    }

    fn find(&self, id: &OrderId) -> BoxFuture<'_, Result<Option<Record>, LedgerError>> {
        let record = self.orders().get(id).cloned();
        Box::pin(async move { Ok(record) })
    }
}

/// The last step of the state machine; `None` where it does not exist.
fn settled(state: &State, end: Settlement) -> Option<State> {
    match (state, end) {
        (State::Claimed | State::Sending, Settlement::NotSent) => Some(State::NotSent),
        (State::Sending, Settlement::Answered(answer)) => Some(State::Answered(answer)),
        (State::Sending, Settlement::OutcomeUnknown) => Some(State::OutcomeUnknown),
        _ => None,
    }
}
