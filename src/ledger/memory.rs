//! The engine without a disk: orders live as long as the process, about half a kilobyte
//! each. After a restart an old order id is new again, so it suits development and
//! deployments whose callers never reuse an id.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::calendar::{Calendar, Day};
use super::fingerprint::Fingerprinter;
use super::machine;
use crate::domain::{Budget, CallerName, OrderId, Span, Verification};
use crate::verify::port::{
    Attempt, Bar, BoxFuture, Claim, Claimed, Clock, Count, Fingerprint, Ledger, LedgerError,
    Record, Settled, Settlement, State,
};

/// Orders in a map.
pub struct MemoryLedger {
    clock: Arc<dyn Clock>,
    fingerprinter: Fingerprinter,
    calendar: Calendar,
    book: Mutex<Book>,
}

/// Orders, and what callers had sent.
#[derive(Default)]
struct Book {
    orders: HashMap<OrderId, Order>,
    counts: HashMap<(CallerName, String), u64>,
}

struct Order {
    record: Record,
    /// The day to which it is counted.
    charged: Option<Day>,
}

impl MemoryLedger {
    /// An empty ledger.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, fingerprinter: Fingerprinter) -> Self {
        Self {
            clock,
            fingerprinter,
            calendar: Calendar::default(),
            book: Mutex::default(),
        }
    }

    /// With the days and months of budgets of this calendar.
    #[must_use]
    pub fn counting_in(self, calendar: Calendar) -> Self {
        Self { calendar, ..self }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Every critical section leaves the book whole, so a panic elsewhere does no harm.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_on(&self, claim: Claim) -> Claimed {
        let now = self.clock.now();
        let (caller, budget) = (claim.caller.clone(), claim.budget);
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
        let mut book = self.book();
        if let Some(Order { record, .. }) = book.orders.get(&claim.attempt.order_id) {
            if !machine::claimable(&record.state, record.digest, fresh.digest) {
                return Claimed::Standing(Box::new(record.clone()));
            }
            fresh.attempts = record.attempts.saturating_add(1);
            fresh.created_at = record.created_at;
        }
        let day = self.calendar.day(now);
        let charged = caller.filter(|_| budget.is_set()).map(|name| (name, day));
        if let Some((name, day)) = &charged {
            if let Some(span) = book.spent(name, day, budget) {
                let rest = self.calendar.rest(span, now);
                return Claimed::Barred(Bar::Spent { span, rest });
            }
            book.count(name, day);
        }
        let order = Order {
            record: fresh,
            charged: charged.map(|(_, day)| day),
        };
        book.orders.insert(claim.attempt.order_id, order);
        Claimed::Granted
    }

    fn end(&self, attempt: &Attempt, end: Settlement) -> Result<Settled, LedgerError> {
        let now = self.clock.now();
        let mut book = self.book();
        let order = book.orders.get_mut(&attempt.order_id);
        let order = order.filter(|order| order.record.upi_uuid == attempt.upi_uuid);
        let Order { record, charged } = order.ok_or(LedgerError::WrongState)?;
        let settled = machine::settled(&record.state, &end).ok_or(LedgerError::WrongState)?;
        let mut given_back = None;
        if settled != Settled::Already {
            if end == Settlement::NotSent {
                given_back = record.caller.clone().zip(charged.take());
            }
            record.state = end.into();
            record.updated_at = now;
        }
        if let Some((name, day)) = given_back {
            book.give_back(&name, &day);
        }
        Ok(settled)
    }
}

impl Book {
    /// The longest span in which a caller has nothing left.
    fn spent(&self, name: &CallerName, day: &Day, budget: Budget) -> Option<Span> {
        Span::ALL.into_iter().rev().find(|span| {
            let key = (name.clone(), day.of(*span).to_owned());
            let used = self.counts.get(&key).copied().unwrap_or_default();
            budget.of(*span).is_some_and(|bound| used >= bound)
        })
    }

    fn count(&mut self, name: &CallerName, day: &Day) {
        for span in Span::ALL {
            let key = (name.clone(), day.of(span).to_owned());
            *self.counts.entry(key).or_default() += 1;
        }
    }

    fn give_back(&mut self, name: &CallerName, day: &Day) {
        for span in Span::ALL {
            let key = (name.clone(), day.of(span).to_owned());
            if let Some(used) = self.counts.get_mut(&key) {
                *used = used.saturating_sub(1);
            }
        }
    }
}

impl Ledger for MemoryLedger {
    fn fingerprint(&self, request: &Verification) -> Fingerprint {
        self.fingerprinter.digest(request)
    }

    fn find(&self, id: &OrderId) -> BoxFuture<'_, Result<Option<Record>, LedgerError>> {
        let book = self.book();
        let record = book.orders.get(id).map(|order| order.record.clone());
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

    fn counts(&self) -> BoxFuture<'_, Result<Vec<Count>, LedgerError>> {
        let day = self.calendar.day(self.clock.now());
        let book = self.book();
        let count = |((caller, period), used): (&(CallerName, String), &u64)| {
            let span = Span::ALL.into_iter().find(|span| day.of(*span) == period)?;
            let caller = caller.clone();
            Some(Count {
                caller,
                span,
                used: *used,
                extra: 0,
            })
        };
        let found = book.counts.iter().filter_map(count).collect();
        Box::pin(async { Ok(found) })
    }

    fn beat(&self) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(async { Ok(()) })
    }
}
