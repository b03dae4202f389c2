//! What operators do with the file.

use std::time::Duration;

use rusqlite::Connection;

mod callers;
mod check;
pub(super) mod lists;
mod moves;

use super::book::{Book, note};
use super::budgets;
use super::core::Core;
use super::orders;
use crate::domain::OrderId;
use crate::ledger::archive::{
    Allowance, Archive, Copied, Halt, JournalPage, Kept, Listed, NOT_SENT, OPERATOR, OrderPage,
    Resolution, Standing, Stats,
};
use crate::ledger::journal::{Entry, micros};
use crate::verify::port::{BoxFuture, LedgerError, State};

impl Archive for Core {
    fn stats(&self) -> BoxFuture<'_, Result<Stats, LedgerError>> {
        Box::pin(async {
            let stats = self.read(lists::stats).await?;
            let bytes = Some(self.place.bytes());
            Ok(Stats { bytes, ..stats })
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<Vec<String>, LedgerError>> {
        Box::pin(self.read(check::check))
    }

    fn order(&self, id: &OrderId) -> BoxFuture<'_, Result<Option<Listed>, LedgerError>> {
        let id = id.clone();
        Box::pin(self.read(move |connection, book| lists::order(connection, book, &id)))
    }

    fn orders(&self, page: OrderPage) -> BoxFuture<'_, Result<Vec<Listed>, LedgerError>> {
        Box::pin(self.read(move |connection, book| lists::orders(connection, book, &page)))
    }

    fn journal(&self, page: JournalPage) -> BoxFuture<'_, Result<Vec<Kept>, LedgerError>> {
        Box::pin(self.read(move |connection, book| lists::journal(connection, book, &page)))
    }

    fn resolve(&self, resolution: Resolution) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(self.change(move |connection, book| resolve(connection, book, &resolution)))
    }

    fn standing(&self) -> BoxFuture<'_, Result<Standing, LedgerError>> {
        Box::pin(self.read(callers::standing))
    }

    fn halt(&self, halt: Halt) -> BoxFuture<'_, Result<bool, LedgerError>> {
        Box::pin(self.change(move |connection, book| callers::halt(connection, book, &halt)))
    }

    fn allow(&self, allowance: Allowance) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(self.change(move |connection, book| callers::allow(connection, book, &allowance)))
    }

    fn import_standing(&self, standing: Standing) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(self.change(move |connection, book| callers::import(connection, book, &standing)))
    }

    fn purge(&self, keep: Duration, limit: u32) -> BoxFuture<'_, Result<u32, LedgerError>> {
        Box::pin(async move {
            let cutoff = micros(self.book.now() - keep);
            let due = move |connection: &Connection, book: &Book| {
                moves::due(connection, book, (cutoff, limit))
            };
            let due = self.read(due).await?;
            if due.is_empty() {
                return Ok(0);
            }
            self.change(move |connection, book| moves::purge(connection, book, &due, cutoff))
                .await
        })
    }

    fn import(&self, rows: Vec<Copied>) -> BoxFuture<'_, Result<u64, LedgerError>> {
        Box::pin(async move {
            let new = self.change(move |connection, book| moves::import(connection, book, &rows));
            let new = new.await?;
            self.count(new);
            Ok(new)
        })
    }

    fn copy(
        &self,
        after: Option<OrderId>,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Copied>, LedgerError>> {
        Box::pin(
            self.read(move |connection, book| {
                moves::copy(connection, book, (after.as_ref(), limit))
            }),
        )
    }
}

fn resolve(
    connection: &Connection,
    book: &Book,
    resolution: &Resolution,
) -> Result<(), LedgerError> {
    let order_id = resolution.order_id.as_str();
    let row = orders::find(connection, &book.member, order_id)?;
    let row = row.filter(|row| row.state == State::OutcomeUnknown.name());
    let row = row.ok_or(LedgerError::WrongState)?;
    if resolution.resolved == NOT_SENT && row.charged.is_some() {
        let counted = (row.caller.as_deref(), row.charged.as_deref());
        budgets::give_back(connection, book, counted)?;
        let freed = "UPDATE orders SET charged = NULL WHERE member = ?1 AND order_id = ?2";
        connection.execute(freed, [&*book.member, order_id])?;
    }
    let told = (resolution.resolved, resolution.note.as_str());
    let entry = Entry::resolved(book.written_by(OPERATOR), order_id, &row.upi_uuid, told);
    Ok(note(connection, &book.member, &entry)?)
}
