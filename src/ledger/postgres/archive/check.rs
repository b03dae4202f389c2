//! Whether the data is whole.

use serde_json::Value;
use tokio_postgres::Row;

use super::lists::read;
use crate::ledger::Damaged;
use crate::ledger::archive::told_count;
use crate::ledger::postgres::Postgres;
use crate::ledger::postgres::columns::{COLUMNS, get, order};
use crate::ledger::postgres::parameters::{number, text};
use crate::verify::port::LedgerError;

/// So many flaws are told at most.
const MOST: usize = 100;

/// So many rows are looked at with one statement.
const PAGE: i64 = 1000;

/// What must not be found, and what it is called.
const FLAWS: [(&str, &str); 2] = [
    (
        "SELECT order_id FROM orders WHERE member = $1 AND NOT EXISTS (SELECT 1 FROM journal
            WHERE journal.member = orders.member AND journal.order_id = orders.order_id)
        LIMIT $2",
        "stands in no entry of the journal",
    ),
    (
        "SELECT DISTINCT order_id FROM journal WHERE member = $1 AND order_id <> '' AND NOT EXISTS
            (SELECT 1 FROM orders
            WHERE orders.member = journal.member AND orders.order_id = journal.order_id)
        LIMIT $2",
        "stands in the journal alone",
    ),
];

/// Counts that differ from the orders that are counted.
const MISCOUNTED: &str = "
WITH counted AS (
    SELECT caller, charged AS period FROM orders WHERE member = $1 AND charged IS NOT NULL
    UNION ALL
    SELECT caller, substr(charged, 1, 7) FROM orders WHERE member = $1 AND charged IS NOT NULL),
sums AS (SELECT caller, period, count(*) AS orders FROM counted GROUP BY caller, period),
kept AS (SELECT caller, period, used FROM budgets WHERE member = $1)
SELECT caller, period, coalesce(used, 0), coalesce(orders, 0)
FROM kept FULL JOIN sums USING (caller, period)
WHERE coalesce(used, 0) <> coalesce(orders, 0) ORDER BY 1, 2 LIMIT $2";

const ENTRIES: &str = "
SELECT number, at, order_id, event, entry FROM journal
WHERE member = $1 AND number > $2 ORDER BY number LIMIT $3";

impl Postgres {
    pub(super) async fn flaws(&self) -> Result<Vec<String>, LedgerError> {
        let mut flaws = Vec::new();
        for (sql, flaw) in FLAWS {
            let most = i64::try_from(MOST).unwrap_or(i64::MAX);
            let mut step = self.connections.step();
            let rows = step.read(sql, &[text(&self.member), number(&most)]).await?;
            let ids: Vec<String> = read(&step, &rows, |row| get(row, 0, "order_id"))?;
            flaws.extend(ids.into_iter().map(|id| format!("order {id} {flaw}")));
        }
        self.of_orders(&mut flaws).await?;
        self.of_entries(&mut flaws).await?;
        self.miscounted(&mut flaws).await?;
        flaws.truncate(MOST);
        Ok(flaws)
    }

    async fn miscounted(&self, flaws: &mut Vec<String>) -> Result<(), LedgerError> {
        let most = i64::try_from(MOST).unwrap_or(i64::MAX);
        let mut step = self.connections.step();
        let with = [text(&self.member), number(&most)];
        let rows = step.read(MISCOUNTED, &with).await?;
        let told = read(&step, &rows, |row| {
            let (caller, period) = (get(row, 0, "caller")?, get(row, 1, "period")?);
            let counts = (get(row, 2, "used")?, get(row, 3, "used")?);
            Ok(told_count(caller, period, counts))
        })?;
        flaws.extend(told);
        Ok(())
    }

    async fn of_orders(&self, flaws: &mut Vec<String>) -> Result<(), LedgerError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM orders
             WHERE member = $1 AND order_id > $2 ORDER BY order_id LIMIT $3"
        );
        let mut after = String::new();
        loop {
            let mut step = self.connections.step();
            let with = [text(&self.member), text(&after), number(&PAGE)];
            let rows = step.read(&sql, &with).await?;
            let rows = read(&step, &rows, order)?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after.clone_from(&last.order_id);
            for row in rows {
                let id = row.order_id.clone();
                if let Err(error) = row.id().map(drop).and_then(|()| row.record().map(drop)) {
                    flaws.push(format!("order {id}: {error}"));
                }
            }
        }
    }

    async fn of_entries(&self, flaws: &mut Vec<String>) -> Result<(), LedgerError> {
        let mut after = 0_i64;
        loop {
            let mut step = self.connections.step();
            let with = [text(&self.member), number(&after), number(&PAGE)];
            let rows = step.read(ENTRIES, &with).await?;
            let rows = read(&step, &rows, |row| {
                let good = agrees(row, &self.member)?;
                Ok((
                    get(row, 0, "number")?,
                    (!good).then_some(get(row, 2, "order_id")?),
                ))
            })?;
            let Some((last, _)) = rows.last() else {
                return Ok(());
            };
            after = *last;
            flaws.extend(
                rows.into_iter()
                    .filter_map(|(_, order): (_, Option<String>)| {
                        let order = order?;
                        let flaw = "has an entry in the journal that contradicts its columns";
                        Some(format!("order {order} {flaw}"))
                    }),
            );
        }
    }
}

/// Whether an entry says what its columns say.
fn agrees(row: &Row, member: &str) -> Result<bool, Damaged> {
    let at: i64 = get(row, 1, "at")?;
    let (order_id, event): (&str, &str) = (get(row, 2, "order_id")?, get(row, 3, "event")?);
    let entry: Value = match serde_json::from_str(get(row, 4, "entry")?) {
        Ok(entry) => entry,
        Err(_) => return Ok(false),
    };
    let texts = [("member", member), ("order", order_id), ("event", event)];
    let mut texts = texts.into_iter();
    // An entry about a caller is of no order.
    let said = |name| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    let same = texts.all(|(name, text)| said(name) == text);
    Ok(same && entry.get("at").and_then(Value::as_i64) == Some(at))
}
