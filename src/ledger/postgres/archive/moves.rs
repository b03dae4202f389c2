//! Rows that come from another ledger or go to one, and texts that go for good.

use std::collections::HashMap;

use tokio_postgres::Row;

use super::lists::read;
use crate::domain::OrderId;
use crate::ledger::Damaged;
use crate::ledger::archive::Copied;
use crate::ledger::journal::{Entry, micros};
use crate::ledger::postgres::Postgres;
use crate::ledger::postgres::columns::{COLUMNS, get, order};
use crate::ledger::postgres::parameters::{flag, number, numbers, text, texts};
use crate::verify::port::LedgerError;

/// Through the journal's times, which an index has.
const DUE: &str = "
SELECT DISTINCT orders.order_id FROM journal JOIN orders USING (member, order_id)
WHERE journal.at <= $2 AND journal.event <> 'PURGED' AND orders.member = $1
    AND orders.state <> 'SENDING' AND orders.updated_at <= $2 AND NOT orders.purged
LIMIT $3";

/// An order may have been claimed again meanwhile.
const PURGE: &str = "
WITH due AS (SELECT * FROM unnest($4::text[], $5::text[]) AS due (id, entry)),
gone AS (
    UPDATE orders SET usage_scenario = NULL, purpose = NULL, agreement = NULL, serial = NULL,
        message = NULL, detail = NULL, purged = TRUE FROM due
    WHERE member = $1 AND order_id = due.id AND state <> 'SENDING' AND updated_at <= $3
        AND NOT purged
    RETURNING due.id, due.entry),
forgotten AS (
    DELETE FROM journal USING gone WHERE member = $1 AND order_id = gone.id)
INSERT INTO journal (at, member, order_id, event, entry)
SELECT $2, $1, id, 'PURGED', entry FROM gone RETURNING 1";

const IMPORT: &str = "
WITH taken AS (
    INSERT INTO orders (member, order_id, state, attempts, owner, upi_uuid, jws_sha256,
        digest_key, digest, usage_scenario, purpose, agreement, serial, created_at, updated_at,
        code, confidence, category, message, detail, answered_at, purged, caller, charged)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
        $20, $21, $22, $26, $27)
    ON CONFLICT (member, order_id) DO NOTHING
    RETURNING 1),
counted AS (
    INSERT INTO budgets (member, caller, period, used)
    SELECT $1, $26, period, 1
    FROM taken, (VALUES (substr($27, 1, 7)), ($27)) AS periods (period)
    WHERE $26 IS NOT NULL AND $27 IS NOT NULL
    ORDER BY period
    ON CONFLICT (member, caller, period) DO UPDATE SET used = budgets.used + 1),
told AS (
    INSERT INTO journal (at, member, order_id, event, entry)
    SELECT at, $1, $2, event, entry
    FROM taken, unnest($23::bigint[], $24::text[], $25::text[])
        WITH ORDINALITY AS told (at, event, entry, place)
    ORDER BY place)
SELECT 1 FROM taken";

const JOURNAL: &str = "
SELECT order_id, at, event, entry FROM journal
WHERE member = $1 AND order_id = ANY($2) ORDER BY number";

impl Postgres {
    pub(super) async fn forget(&self, cutoff: i64, limit: u32) -> Result<u32, LedgerError> {
        let limit = i64::from(limit);
        let mut step = self.connections.step();
        let with = [text(&self.member), number(&cutoff), number(&limit)];
        let rows = step.read(DUE, &with).await?;
        let mut due: Vec<String> = read(&step, &rows, |row| get(row, 0, "order_id"))?;
        if due.is_empty() {
            return Ok(0);
        }
        // Two that purge at once take them in one order, and do not wait for each other in a ring.
        due.sort_unstable();
        let at = self.clock.now();
        let entry = |id: &String| Entry::purged(self.scribe(at), id).encode();
        let entries = due.iter().map(entry).collect();
        let at = micros(at);
        let with = [
            text(&self.member),
            number(&at),
            number(&cutoff),
            texts(&due),
            texts(&entries),
        ];
        let purged = step.write(PURGE, &with).await?;
        Ok(u32::try_from(purged).unwrap_or(u32::MAX))
    }

    /// Takes one order over; 1 if it was new.
    pub(super) async fn take_over(&self, copied: &Copied) -> Result<u64, LedgerError> {
        let Copied { row, journal } = copied;
        let times = journal.iter().map(|(at, ..)| *at).collect();
        let events = journal.iter().map(|(_, event, _)| event.clone()).collect();
        let entries = journal.iter().map(|(.., entry)| entry.clone()).collect();
        let [scenario, purpose, agreement, serial] = &row.consent;
        let with = [
            text(&self.member),
            text(&row.order_id),
            text(&row.state),
            number(&row.attempts),
            text(&row.owner),
            text(&row.upi_uuid),
            text(&row.jws_sha256),
            text(&row.digest_key),
            text(&row.digest),
            text(scenario),
            text(purpose),
            text(agreement),
            text(serial),
            number(&row.created_at),
            number(&row.updated_at),
            text(&row.answer.code),
            number(&row.answer.confidence),
            text(&row.answer.category),
            text(&row.answer.message),
            text(&row.answer.detail),
            number(&row.answer.answered_at),
            flag(&row.purged),
            numbers(&times),
            texts(&events),
            texts(&entries),
            text(&row.caller),
            text(&row.charged),
        ];
        let taken = self.connections.step().write(IMPORT, &with).await?;
        Ok(u64::try_from(taken).unwrap_or(u64::MAX))
    }

    pub(super) async fn page(
        &self,
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<Copied>, LedgerError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM orders
             WHERE member = $1 AND order_id > $2 ORDER BY order_id LIMIT $3"
        );
        let after = after.as_ref().map_or("", OrderId::as_str);
        let limit = i64::from(limit);
        let mut step = self.connections.step();
        let rows = step
            .read(&sql, &[text(&self.member), text(&after), number(&limit)])
            .await?;
        let rows = read(&step, &rows, order)?;
        let ids = rows.iter().map(|row| row.order_id.clone()).collect();
        let entries = step
            .read(JOURNAL, &[text(&self.member), texts(&ids)])
            .await?;
        let mut journals: HashMap<String, Vec<_>> = HashMap::new();
        for (id, entry) in read(&step, &entries, told)? {
            journals.entry(id).or_default().push(entry);
        }
        let copied = rows.into_iter().map(|row| Copied {
            journal: journals.remove(&row.order_id).unwrap_or_default(),
            row,
        });
        Ok(copied.collect())
    }
}

/// An entry, and of which order.
fn told(row: &Row) -> Result<(String, (i64, String, String)), Damaged> {
    let entry = (
        get(row, 1, "at")?,
        get(row, 2, "event")?,
        get(row, 3, "entry")?,
    );
    Ok((get(row, 0, "order_id")?, entry))
}
