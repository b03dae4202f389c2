//! What operators do with the database.

use std::time::Duration;

use futures_util::future::try_join_all;

mod callers;
mod check;
mod lists;
mod moves;

use super::Postgres;
use super::parameters::{number, text};
use crate::domain::OrderId;
use crate::ledger::archive::{
    Allowance, Archive, Copied, Halt, JournalPage, Kept, Listed, NOT_SENT, OPERATOR, OrderPage,
    Resolution, Standing, Stats,
};
use crate::ledger::journal::{Entry, micros};
use crate::verify::port::{BoxFuture, LedgerError, State};

/// The order may have been settled meanwhile.
const RESOLVE: &str = "
INSERT INTO journal (at, member, order_id, event, entry)
SELECT $1, $2, $3, $4, $5 FROM orders
WHERE member = $2 AND order_id = $3 AND state = 'OUTCOME_UNKNOWN' RETURNING 1";

/// How many rows of an import are on their way at once.
const IMPORTING: usize = 8;

impl Archive for Postgres {
    fn stats(&self) -> BoxFuture<'_, Result<Stats, LedgerError>> {
        Box::pin(self.numbers())
    }

    fn check(&self) -> BoxFuture<'_, Result<Vec<String>, LedgerError>> {
        Box::pin(self.flaws())
    }

    fn order(&self, id: &OrderId) -> BoxFuture<'_, Result<Option<Listed>, LedgerError>> {
        Box::pin(self.one(id.clone()))
    }

    fn orders(&self, page: OrderPage) -> BoxFuture<'_, Result<Vec<Listed>, LedgerError>> {
        Box::pin(self.list(page))
    }

    fn journal(&self, page: JournalPage) -> BoxFuture<'_, Result<Vec<Kept>, LedgerError>> {
        Box::pin(self.entries(page))
    }

    fn resolve(&self, resolution: Resolution) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(self.write_down(resolution))
    }

    fn standing(&self) -> BoxFuture<'_, Result<Standing, LedgerError>> {
        Box::pin(self.accounts())
    }

    fn halt(&self, halt: Halt) -> BoxFuture<'_, Result<bool, LedgerError>> {
        Box::pin(self.stop_or_start(halt))
    }

    fn allow(&self, allowance: Allowance) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(self.raise(allowance))
    }

    fn import_standing(&self, standing: Standing) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(self.take_standing_over(standing))
    }

    fn purge(&self, keep: Duration, limit: u32) -> BoxFuture<'_, Result<u32, LedgerError>> {
        Box::pin(self.forget(micros(self.clock.now() - keep), limit))
    }

    fn import(&self, rows: Vec<Copied>) -> BoxFuture<'_, Result<u64, LedgerError>> {
        Box::pin(async move {
            let mut new = 0;
            for rows in rows.chunks(IMPORTING) {
                let taken = try_join_all(rows.iter().map(|row| self.take_over(row))).await?;
                new += taken.into_iter().sum::<u64>();
            }
            Ok(new)
        })
    }

    fn copy(
        &self,
        after: Option<OrderId>,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Copied>, LedgerError>> {
        Box::pin(self.page(after, limit))
    }
}

impl Postgres {
    async fn write_down(&self, resolution: Resolution) -> Result<(), LedgerError> {
        let mut step = self.connections.step();
        let found = self.row(&mut step, resolution.order_id.as_str()).await?;
        let found = found.filter(|(_, record)| record.state == State::OutcomeUnknown);
        let (row, _) = found.ok_or(LedgerError::WrongState)?;
        if let (NOT_SENT, Some(charged)) = (resolution.resolved, &row.charged) {
            let order = (&resolution.order_id, &*row.upi_uuid);
            return self
                .write_down_and_give_back(order, &resolution, charged)
                .await;
        }
        let Resolution {
            order_id,
            resolved,
            note,
        } = resolution;
        let (id, at) = (order_id.as_str(), self.clock.now());
        let scribe = self.written_by(OPERATOR, at);
        let entry = Entry::resolved(scribe, id, &row.upi_uuid, (resolved, &note));
        let (at, event, entry) = (micros(at), entry.happened.name(), entry.encode());
        let with = [
            number(&at),
            text(&self.member),
            text(&id),
            text(&event),
            text(&entry),
        ];
        match step.write_once(RESOLVE, &with).await? {
            0 => Err(LedgerError::WrongState),
            _ => Ok(()),
        }
    }
}
