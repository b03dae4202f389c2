//! What stands in the file, in numbers and in pages.

use std::time::Duration;

use rusqlite::{Connection, Row, named_params, params};

use crate::domain::OrderId;
use crate::ledger::archive::{JournalPage, Kept, Listed, OrderPage, Stats};
use crate::ledger::journal::{from_micros, micros};
use crate::ledger::row::OrderRow;
use crate::ledger::sqlite::book::{Book, columns, order_row};
use crate::ledger::sqlite::{orders, schema};
use crate::verify::port::LedgerError;

/// A gateway that gave no sign of life for so long is not counted.
const ALIVE: Duration = Duration::from_secs(60);

const BY_STATE: &str =
    "SELECT state, count(*) FROM orders WHERE member = ?1 GROUP BY state ORDER BY state";
const OLDEST: &str = "SELECT min(updated_at) FROM orders WHERE state = 'SENDING' AND member = ?1";

const ORDERS: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM orders
WHERE member = :member AND order_id > :after AND updated_at >= :since
    AND (:state IS NULL OR state = :state)
ORDER BY order_id LIMIT :limit"
);

const JOURNAL: &str = "
SELECT number, entry FROM journal
WHERE member = :member AND number > :after AND at >= :since
ORDER BY number LIMIT :limit";

const JOURNAL_OF_ORDER: &str = "
SELECT number, entry FROM journal
WHERE member = :member AND order_id = :order AND number > :after AND at >= :since
ORDER BY number LIMIT :limit";

/// How many there are of what, but for the bytes.
pub(super) fn stats(connection: &Connection, book: &Book) -> Result<Stats, LedgerError> {
    let entries = "SELECT count(*) FROM journal WHERE member = ?1";
    let entries = connection.query_row(entries, [&book.member], |row| count(row, 0))?;
    let oldest: Option<i64> = connection.query_row(OLDEST, [&book.member], |row| row.get(0))?;
    let alive = "SELECT count(*) FROM gateways WHERE seen_at >= ?1";
    let since = micros(book.now() - ALIVE);
    Ok(Stats {
        schema: schema::version(connection)?.unsigned_abs(),
        orders: by_state(connection, book)?,
        entries,
        bytes: None,
        oldest_sending: oldest.and_then(from_micros),
        gateways: connection.query_row(alive, params![since], |row| count(row, 0))?,
    })
}

pub(in crate::ledger::sqlite) fn by_state(
    connection: &Connection,
    book: &Book,
) -> rusqlite::Result<Vec<(String, u64)>> {
    let mut statement = connection.prepare(BY_STATE)?;
    let rows = statement.query_map([&book.member], |row| Ok((row.get(0)?, count(row, 1)?)))?;
    rows.collect()
}

fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get(column).map(i64::unsigned_abs)
}

/// One order.
pub(super) fn order(
    connection: &Connection,
    book: &Book,
    id: &OrderId,
) -> Result<Option<Listed>, LedgerError> {
    let row = orders::find(connection, &book.member, id.as_str())?;
    row.map(listed).transpose()
}

/// A page of orders.
pub(super) fn orders(
    connection: &Connection,
    book: &Book,
    page: &OrderPage,
) -> Result<Vec<Listed>, LedgerError> {
    let mut statement = connection.prepare(ORDERS)?;
    let rows = statement.query_map(
        named_params! {
            ":member": book.member,
            ":after": page.after.as_ref().map_or("", |it| it.as_str()),
            ":since": page.since.map_or(i64::MIN, micros),
            ":state": page.state,
            ":limit": page.limit,
        },
        order_row,
    )?;
    rows.map(|row| listed(row?)).collect()
}

fn listed(row: OrderRow) -> Result<Listed, LedgerError> {
    Ok(Listed {
        order_id: row.id()?,
        owner: row.owner.clone(),
        jws_sha256: row.jws_sha256.clone(),
        record: row.record()?,
    })
}

/// A page of the journal.
pub(super) fn journal(
    connection: &Connection,
    book: &Book,
    page: &JournalPage,
) -> Result<Vec<Kept>, LedgerError> {
    let since = page.since.map_or(i64::MIN, micros);
    let kept = |row: &Row<'_>| {
        Ok(Kept {
            number: row.get(0)?,
            entry: row.get(1)?,
        })
    };
    let all = named_params! {
        ":member": book.member, ":after": page.after, ":since": since, ":limit": page.limit,
    };
    let rows: rusqlite::Result<_> = match &page.order_id {
        None => connection.prepare(JOURNAL)?.query_map(all, kept)?.collect(),
        Some(order) => {
            let order: (&str, &dyn rusqlite::ToSql) = (":order", &order.as_str());
            let of_order: Vec<_> = all.iter().copied().chain([order]).collect();
            let mut statement = connection.prepare(JOURNAL_OF_ORDER)?;
            statement.query_map(of_order.as_slice(), kept)?.collect()
        }
    };
    Ok(rows?)
}
