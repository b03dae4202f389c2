//! The engine without a disk: orders live as long as the process, about half a kilobyte
//! each. After a restart an old order id is new again, so it suits development and
//! deployments whose callers never reuse an id.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::fingerprint::Fingerprinter;
use super::machine;
use crate::domain::{OrderId, Verification};
use crate::verify::port::{
    Attempt, BoxFuture, Claim, Claimed, Clock, Fingerprint, Ledger, LedgerError, Record, Settled,
    Settlement, State,
};

/// Orders in a map.
pub struct MemoryLedger {
    clock: Arc<dyn Clock>,
    fingerprinter: Fingerprinter,
    orders: Mutex<HashMap<OrderId, Record>>,
}

impl MemoryLedger {
    /// An empty ledger.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, fingerprinter: Fingerprinter) -> Self {
        Self {
            clock,
            fingerprinter,
            orders: Mutex::default(),
        }
    }

    fn orders(&self) -> MutexGuard<'_, HashMap<OrderId, Record>> {
        // Every critical section leaves the map whole, so a panic elsewhere does no harm.
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_on(&self, claim: Claim) -> Claimed {
        let now = self.clock.now();
        let mut fresh = Record {
            state: State::Sending,
            digest: claim.digest,
            consent: Some(claim.consent),
            upi_uuid: claim.attempt.upi_uuid,
            caller: claim.caller,
            attempts: 1,
            created_at: now,
            updated_at: now,
        };
        match self.orders().entry(claim.attempt.order_id) {
            Entry::Vacant(vacant) => {
                vacant.insert(fresh);
            }
            Entry::Occupied(mut order) => {
                let record = order.get_mut();
                if !machine::claimable(&record.state, record.digest, fresh.digest) {
                    return Claimed::Standing(Box::new(record.clone()));
                }
                fresh.attempts = record.attempts.saturating_add(1);
                fresh.created_at = record.created_at;
                *record = fresh;
            }
        }
        Claimed::Granted
    }

    fn end(&self, attempt: &Attempt, end: Settlement) -> Result<Settled, LedgerError> {
        let now = self.clock.now();
        let mut orders = self.orders();
        let record = orders.get_mut(&attempt.order_id);
        let record = record.filter(|record| record.upi_uuid == attempt.upi_uuid);
        let record = record.ok_or(LedgerError::WrongState)?;
        let settled = machine::settled(&record.state, &end).ok_or(LedgerError::WrongState)?;
        if settled != Settled::Already {
            record.state = end.into();
            record.updated_at = now;
        }
        Ok(settled)
    }
}

impl Ledger for MemoryLedger {
    fn fingerprint(&self, request: &Verification) -> Fingerprint {
        self.fingerprinter.digest(request)
    }

    fn find(&self, id: &OrderId) -> BoxFuture<'_, Result<Option<Record>, LedgerError>> {
        let record = self.orders().get(id).cloned();
        Box::pin(async move { Ok(record) })
    }

    fn claim(&self, claim: Claim) -> BoxFuture<'_, Result<Claimed, LedgerError>> {
        let claimed = self.take_on(claim);
        Box::pin(async move { Ok(claimed) })
    }

    fn settle(
        &self,
        attempt: &Attempt,
        end: Settlement,
    ) -> BoxFuture<'_, Result<Settled, LedgerError>> {
        let settled = self.end(attempt, end);
        Box::pin(async move { settled })
    }

    /// No owner but this process has orders here.
    fn sweep(&self) -> BoxFuture<'_, Result<u64, LedgerError>> {
        Box::pin(async { Ok(0) })
    }

    fn beat(&self) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(async { Ok(()) })
    }
}
