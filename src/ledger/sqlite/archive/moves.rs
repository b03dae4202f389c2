//! Rows that come from another ledger or go to one, and texts that go for good.

use rusqlite::{Connection, named_params, params};

use crate::domain::OrderId;
use crate::ledger::archive::Copied;
use crate::ledger::calendar::Day;
use crate::ledger::journal::Entry;
use crate::ledger::row::OrderRow;
use crate::ledger::sqlite::book::{Book, columns, note, note_encoded, order_row};
use crate::ledger::sqlite::budgets;
use crate::verify::port::LedgerError;

const DUE: &str = "
SELECT DISTINCT orders.order_id FROM journal JOIN orders USING (member, order_id)
WHERE journal.at <= :cutoff AND journal.event <> 'PURGED' AND orders.member = :member
    AND orders.state <> 'SENDING' AND orders.updated_at <= :cutoff AND orders.purged = 0
LIMIT :limit";

/// The order may have been claimed again meanwhile.
const PURGE: &str = "
UPDATE orders SET usage_scenario = NULL, purpose = NULL, agreement = NULL, serial = NULL,
    message = NULL, detail = NULL, purged = 1
WHERE member = ?1 AND order_id = ?2 AND state <> 'SENDING' AND updated_at <= ?3 AND purged = 0";

const FORGET: &str = "DELETE FROM journal WHERE member = ?1 AND order_id = ?2";

const IMPORT: &str = concat!(
    "INSERT INTO orders (member, ",
    columns!(),
    ") VALUES (:member, :order_id, :state, :attempts, :owner, :upi_uuid, :jws_sha256,
    :digest_key, :digest, :scenario, :purpose, :agreement, :serial, :created_at, :updated_at,
    :code, :confidence, :category, :message, :detail, :answered_at, :purged, :caller, :charged)
ON CONFLICT (member, order_id) DO NOTHING"
);

const COPY: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM orders WHERE member = ?1 AND order_id > ?2 ORDER BY order_id LIMIT ?3"
);

const COPY_JOURNAL: &str = "
SELECT at, event, entry FROM journal WHERE member = ?1 AND order_id = ?2 ORDER BY number";

/// Orders whose texts are old enough to go.
pub(super) fn due(
    connection: &Connection,
    book: &Book,
    (cutoff, limit): (i64, u32),
) -> Result<Vec<String>, LedgerError> {
    let mut statement = connection.prepare(DUE)?;
    let rows = statement.query_map(
        named_params! { ":cutoff": cutoff, ":member": book.member, ":limit": limit },
        |row| row.get(0),
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Removes texts, consent and journal of these orders; of how many.
pub(super) fn purge(
    connection: &Connection,
    book: &Book,
    due: &[String],
    cutoff: i64,
) -> Result<u32, LedgerError> {
    let mut purged = 0;
    for order_id in due {
        let mut statement = connection.prepare_cached(PURGE)?;
        if statement.execute(params![book.member, order_id, cutoff])? == 0 {
            continue;
        }
        let mut statement = connection.prepare_cached(FORGET)?;
        statement.execute([&book.member, order_id])?;
        note(
            connection,
            &book.member,
            &Entry::purged(book.scribe(), order_id),
        )?;
        purged += 1;
    }
    Ok(purged)
}

/// Takes rows over; how many were new.
pub(super) fn import(
    connection: &Connection,
    book: &Book,
    rows: &[Copied],
) -> Result<u64, LedgerError> {
    let mut new = 0;
    for Copied { row, journal } in rows {
        if !insert(connection, book, row)? {
            continue;
        }
        let day = row.charged.as_deref().and_then(Day::parse);
        if let Some((caller, day)) = row.caller.as_deref().zip(day) {
            budgets::count(connection, book, (caller, &day), 1)?;
        }
        for (at, event, entry) in journal {
            note_encoded(
                connection,
                (&book.member, &row.order_id),
                (*at, event),
                entry,
            )?;
        }
        new += 1;
    }
    Ok(new)
}

fn insert(connection: &Connection, book: &Book, row: &OrderRow) -> rusqlite::Result<bool> {
    let [scenario, purpose, agreement, serial] = &row.consent;
    let mut statement = connection.prepare_cached(IMPORT)?;
    let inserted = statement.execute(named_params! {
        ":member": book.member,
        ":order_id": row.order_id,
        ":state": row.state,
        ":attempts": row.attempts,
        ":owner": row.owner,
        ":upi_uuid": row.upi_uuid,
        ":jws_sha256": row.jws_sha256,
        ":digest_key": row.digest_key,
        ":digest": row.digest,
        ":scenario": scenario,
        ":purpose": purpose,
        ":agreement": agreement,
        ":serial": serial,
        ":created_at": row.created_at,
        ":updated_at": row.updated_at,
        ":code": row.answer.code,
        ":confidence": row.answer.confidence,
        ":category": row.answer.category,
        ":message": row.answer.message,
        ":detail": row.answer.detail,
        ":answered_at": row.answer.answered_at,
        ":purged": row.purged,
        ":caller": row.caller,
        ":charged": row.charged,
    })?;
    Ok(inserted == 1)
}

/// A page of everything, after this order.
pub(super) fn copy(
    connection: &Connection,
    book: &Book,
    (after, limit): (Option<&OrderId>, u32),
) -> Result<Vec<Copied>, LedgerError> {
    let after = after.map_or("", OrderId::as_str);
    let mut statement = connection.prepare(COPY)?;
    let rows = statement.query_map(params![book.member, after, limit], order_row)?;
    rows.map(|row| copied(connection, book, row?)).collect()
}

fn copied(connection: &Connection, book: &Book, row: OrderRow) -> Result<Copied, LedgerError> {
    let mut statement = connection.prepare_cached(COPY_JOURNAL)?;
    let entries = statement.query_map([&book.member, &row.order_id], |entry| {
        Ok((entry.get(0)?, entry.get(1)?, entry.get(2)?))
    })?;
    let journal = entries.collect::<Result<_, _>>()?;
    Ok(Copied { row, journal })
}
