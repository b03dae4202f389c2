//! What stands in the database, in numbers and in pages.

use std::time::Duration;

use tokio_postgres::Row;

use crate::domain::OrderId;
use crate::ledger::Damaged;
use crate::ledger::archive::{JournalPage, Kept, Listed, OrderPage, Stats};
use crate::ledger::journal::{from_micros, micros};
use crate::ledger::postgres::Postgres;
use crate::ledger::postgres::columns::{COLUMNS, get, order};
use crate::ledger::postgres::connections::Step;
use crate::ledger::postgres::parameters::{Parameter, number, text};
use crate::verify::port::LedgerError;

/// A gateway that gave no sign of life for so long is not counted.
const ALIVE: Duration = Duration::from_secs(60);

const BY_STATE: &str =
    "SELECT state, count(*) FROM orders WHERE member = $1 GROUP BY state ORDER BY state";

/// Distributed engines do not know.
const BYTES: &str =
    "SELECT (pg_total_relation_size('orders') + pg_total_relation_size('journal'))::bigint";

const JOURNAL: &str = "
SELECT number, entry FROM journal
WHERE member = $1 AND number > $2 AND at >= $3 AND ($4::text IS NULL OR order_id = $4)
ORDER BY number LIMIT $5";

impl Postgres {
    pub(super) async fn numbers(&self) -> Result<Stats, LedgerError> {
        let mut step = self.connections.step();
        let member = text(&self.member);
        let states = step.read(BY_STATE, std::slice::from_ref(&member)).await?;
        let states = read(&step, &states, |row| {
            Ok((get(row, 0, "state")?, count(row, 1)?))
        })?;
        let sql = "SELECT count(*) FROM journal WHERE member = $1";
        let entries = one(&mut step, sql, std::slice::from_ref(&member)).await?;
        let sql = "SELECT min(updated_at) FROM orders WHERE member = $1 AND state = 'SENDING'";
        let oldest = one(&mut step, sql, &[member]).await?;
        let since = micros(self.clock.now() - ALIVE);
        let sql = "SELECT count(*) FROM gateways WHERE seen_at >= $1";
        let gateways = one(&mut step, sql, &[number(&since)]).await?;
        let bytes = one(&mut step, BYTES, &[]).await.ok().flatten();
        let schema = self.schema(&mut step).await?;
        Ok(Stats {
            schema: u32::try_from(schema).unwrap_or_default(),
            orders: states,
            entries: entries.unwrap_or_default().unsigned_abs(),
            bytes: bytes.map(i64::unsigned_abs),
            oldest_sending: oldest.and_then(from_micros),
            gateways: gateways.unwrap_or_default().unsigned_abs(),
        })
    }

    async fn schema(&self, step: &mut Step<'_>) -> Result<i64, LedgerError> {
        let sql = "SELECT max(version)::bigint FROM refinery_schema_history";
        Ok(one(step, sql, &[]).await?.unwrap_or_default())
    }

    pub(super) async fn list(&self, page: OrderPage) -> Result<Vec<Listed>, LedgerError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM orders
             WHERE member = $1 AND order_id > $2 AND updated_at >= $3
                 AND ($4::text IS NULL OR state = $4)
             ORDER BY order_id LIMIT $5"
        );
        let after = page.after.as_ref().map_or("", OrderId::as_str);
        let since = page.since.map_or(i64::MIN, micros);
        let limit = i64::from(page.limit);
        let with = [
            text(&self.member),
            text(&after),
            number(&since),
            text(&page.state),
            number(&limit),
        ];
        let mut step = self.connections.step();
        let rows = step.read(&sql, &with).await?;
        read(&step, &rows, |row| {
            let row = order(row)?;
            Ok(Listed {
                order_id: row.id()?,
                owner: row.owner.clone(),
                jws_sha256: row.jws_sha256.clone(),
                record: row.record()?,
            })
        })
    }

    pub(super) async fn one(&self, id: OrderId) -> Result<Option<Listed>, LedgerError> {
        let mut step = self.connections.step();
        let found = self.row(&mut step, id.as_str()).await?;
        Ok(found.map(|(row, record)| Listed {
            order_id: id,
            owner: row.owner,
            jws_sha256: row.jws_sha256,
            record,
        }))
    }

    pub(super) async fn entries(&self, page: JournalPage) -> Result<Vec<Kept>, LedgerError> {
        let order = page.order_id.as_ref().map(OrderId::as_str);
        let since = page.since.map_or(i64::MIN, micros);
        let limit = i64::from(page.limit);
        let with = [
            text(&self.member),
            number(&page.after),
            number(&since),
            text(&order),
            number(&limit),
        ];
        let mut step = self.connections.step();
        let rows = step.read(JOURNAL, &with).await?;
        read(&step, &rows, |row| {
            Ok(Kept {
                number: get(row, 0, "number")?,
                entry: get(row, 1, "entry")?,
            })
        })
    }
}

/// All rows, or the error of the first that is damaged.
pub(super) fn read<T>(
    step: &Step<'_>,
    rows: &[Row],
    of: impl Fn(&Row) -> Result<T, Damaged>,
) -> Result<Vec<T>, LedgerError> {
    let read: Result<Vec<_>, _> = rows.iter().map(of).collect();
    read.map_err(|damaged| step.error(damaged.into()))
}

fn count(row: &Row, at: usize) -> Result<u64, Damaged> {
    get(row, at, "count").map(i64::unsigned_abs)
}

/// The number that a statement has as its only row.
async fn one(
    step: &mut Step<'_>,
    sql: &str,
    with: &[Parameter<'_>],
) -> Result<Option<i64>, LedgerError> {
    let rows = step.read(sql, with).await?;
    let found = read(step, &rows, |row| get(row, 0, "number"))?;
    Ok(found.into_iter().next().flatten())
}
