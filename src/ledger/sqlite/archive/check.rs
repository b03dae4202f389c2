//! Whether the data is whole.

use rusqlite::Connection;

use crate::ledger::archive::told_count;
use crate::ledger::sqlite::book::{Book, columns, order_row};
use crate::verify::port::LedgerError;

/// So many flaws are told at most.
const MOST: usize = 100;

const ORDERS: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM orders ORDER BY member, order_id"
);

/// What must not be found, and what it is called.
const FLAWS: [(&str, &str); 3] = [
    (
        "SELECT order_id FROM orders WHERE NOT EXISTS (SELECT 1 FROM journal
            WHERE journal.member = orders.member AND journal.order_id = orders.order_id)",
        "stands in no entry of the journal",
    ),
    (
        "SELECT DISTINCT order_id FROM journal WHERE order_id <> '' AND NOT EXISTS (SELECT 1 FROM orders
            WHERE orders.member = journal.member AND orders.order_id = journal.order_id)",
        "stands in the journal alone",
    ),
    (
        "SELECT order_id FROM journal WHERE json_valid(entry) = 0
            OR entry ->> 'at' IS NOT at OR entry ->> 'member' IS NOT member
            OR coalesce(entry ->> 'order', '') IS NOT order_id OR entry ->> 'event' IS NOT event",
        "has an entry in the journal that contradicts its columns",
    ),
];

/// Counts that differ from the orders that are counted.
const MISCOUNTED: &str = "
WITH counted AS (
    SELECT member, caller, charged AS period FROM orders WHERE charged IS NOT NULL
    UNION ALL
    SELECT member, caller, substr(charged, 1, 7) FROM orders WHERE charged IS NOT NULL),
sums AS (SELECT member, caller, period, count(*) AS orders FROM counted GROUP BY 1, 2, 3)
SELECT caller, period, coalesce(used, 0) AS used, coalesce(orders, 0) AS orders
FROM budgets FULL JOIN sums USING (member, caller, period)
WHERE coalesce(used, 0) <> coalesce(orders, 0) ORDER BY 1, 2";

/// The first flaws.
pub(super) fn check(connection: &Connection, _: &Book) -> Result<Vec<String>, LedgerError> {
    let mut flaws = of_the_file(connection)?;
    if flaws.is_empty() {
        flaws = of_rows(connection)?;
        for (query, flaw) in FLAWS {
            let mut statement = connection.prepare(query)?;
            let orders = statement.query_map([], |row| row.get::<_, String>(0))?;
            for order in orders.take(MOST) {
                flaws.push(format!("order {} {flaw}", order?));
            }
        }
    }
    if flaws.is_empty() {
        flaws = miscounted(connection)?;
    }
    flaws.truncate(MOST);
    Ok(flaws)
}

fn miscounted(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(MISCOUNTED)?;
    let rows = statement.query_map([], |row| {
        let (caller, period): (String, String) = (row.get(0)?, row.get(1)?);
        let (used, orders): (i64, i64) = (row.get(2)?, row.get(3)?);
        Ok(told_count(&caller, &period, (used, orders)))
    })?;
    rows.take(MOST).collect()
}

fn of_the_file(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    rows.filter(|row| row.as_ref().ok().is_none_or(|text| text != "ok"))
        .collect()
}

fn of_rows(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(ORDERS)?;
    let rows = statement.query_map([], order_row)?;
    let mut flaws = Vec::new();
    for row in rows {
        let row = row?;
        let id = row.order_id.clone();
        if let Err(error) = row.id().map(drop).and_then(|()| row.record().map(drop)) {
            flaws.push(format!("order {id}: {error}"));
        }
    }
    Ok(flaws)
}
