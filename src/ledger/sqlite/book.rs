//! Whose orders they are, who writes them, and the columns they are written in.

use std::sync::Arc;

use rusqlite::{Connection, Result, Row, params};
use time::OffsetDateTime;

use crate::ledger::calendar::Calendar;
use crate::ledger::journal::{Entry, Scribe, micros};
use crate::ledger::row::{AnswerRow, OrderRow};
use crate::verify::port::Clock;

/// What every statement needs to know.
pub(super) struct Book {
    /// IIN of the member.
    pub member: String,
    /// This process.
    pub owner: String,
    /// When the days and months of budgets begin.
    pub calendar: Calendar,
    /// Whether UPI's texts are recorded.
    pub keep_texts: bool,
    /// For the time of rows.
    pub clock: Arc<dyn Clock>,
}

impl Book {
    /// Who writes now.
    pub fn scribe(&self) -> Scribe<'_> {
        self.written_by(&self.owner)
    }

    /// The same for another hand.
    pub fn written_by<'a>(&'a self, owner: &'a str) -> Scribe<'a> {
        Scribe {
            member: &self.member,
            owner,
            at: self.now(),
        }
    }

    /// Now, as precisely as rows have it.
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }
}

/// The columns of [`OrderRow`] in their order; a macro, since statements are put together when the
/// program is compiled.
macro_rules! columns {
    () => {
        "order_id, state, attempts, owner, upi_uuid, jws_sha256, digest_key, digest, \
         usage_scenario, purpose, agreement, serial, created_at, updated_at, code, confidence, \
         category, message, detail, answered_at, purged, caller, charged"
    };
}
pub(super) use columns;

/// Reads [`columns`].
pub(super) fn order_row(row: &Row<'_>) -> Result<OrderRow> {
    Ok(OrderRow {
        order_id: row.get(0)?,
        state: row.get(1)?,
        attempts: row.get(2)?,
        owner: row.get(3)?,
        upi_uuid: row.get(4)?,
        jws_sha256: row.get(5)?,
        digest_key: row.get(6)?,
        digest: row.get(7)?,
        consent: [row.get(8)?, row.get(9)?, row.get(10)?, row.get(11)?],
        created_at: row.get(12)?,
        updated_at: row.get(13)?,
        answer: AnswerRow {
            code: row.get(14)?,
            confidence: row.get(15)?,
            category: row.get(16)?,
            message: row.get(17)?,
            detail: row.get(18)?,
            answered_at: row.get(19)?,
        },
        purged: row.get(20)?,
        caller: row.get(21)?,
        charged: row.get(22)?,
    })
}

/// Writes an entry of the journal.
pub(super) fn note(connection: &Connection, member: &str, entry: &Entry) -> Result<()> {
    let parts = (micros(entry.at), entry.happened.name());
    note_encoded(
        connection,
        (member, &entry.order_id),
        parts,
        &entry.encode(),
    )
}

/// The same with an entry that is encoded.
pub(super) fn note_encoded(
    connection: &Connection,
    (member, order_id): (&str, &str),
    (at, event): (i64, &str),
    entry: &str,
) -> Result<()> {
    const NOTE: &str =
        "INSERT INTO journal (at, member, order_id, event, entry) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut statement = connection.prepare_cached(NOTE)?;
    statement.execute(params![at, member, order_id, event, entry])?;
    Ok(())
}
