//! Orders in flight that nobody will settle any more.
//!
//! An order that stayed in one attempt for as long as no attempt lasts has lost its gateway, or its
//! claim was written when nobody waited for it any more. How long is measured here, from the first
//! time that it was seen: whatever the clocks of gateways and database say, and whoever is frozen.

use std::collections::HashMap;

use tokio::time::Instant;

use super::Postgres;
use super::columns::get;
use super::parameters::{number, text, texts};
use crate::ledger::journal::{Entry, micros};
use crate::verify::port::{LedgerError, Settlement, State};

/// How many orders are looked at, the oldest first, and how many are given up at once.
const LOOK: i64 = 10_000;
const BATCH: usize = 100;

/// Attempts in flight: order id and UPI-UUID, and when they were first seen.
pub type Seen = HashMap<(String, String), Instant>;

const IN_FLIGHT: &str = "
SELECT order_id, upi_uuid FROM orders
WHERE member = $1 AND state = 'SENDING' ORDER BY updated_at LIMIT $2";

const GIVE_UP: &str = "
WITH due AS (
    SELECT * FROM unnest($4::text[], $5::text[], $6::text[]) AS due (id, uuid, entry)),
given AS (
    UPDATE orders SET state = $3, updated_at = $2 FROM due
    WHERE member = $1 AND order_id = due.id AND upi_uuid = due.uuid AND state = 'SENDING'
    RETURNING due.id, due.entry)
INSERT INTO journal (at, member, order_id, event, entry)
SELECT $2, $1, id, $3, entry FROM given RETURNING 1";

impl Postgres {
    pub(super) async fn sweep_at(&self, now: Instant) -> Result<u64, LedgerError> {
        let mut swept = 0;
        let due = self.due(now).await?;
        for batch in due.chunks(BATCH) {
            swept += self.give_up(batch).await?;
        }
        Ok(swept)
    }

    /// The attempts that were seen so long ago and stand there still. All replicas take them in one
    /// order, so that they do not wait for each other in a ring.
    async fn due(&self, now: Instant) -> Result<Vec<(String, String)>, LedgerError> {
        let mut step = self.connections.step();
        let with = [text(&self.member), number(&LOOK)];
        let rows = step.read(IN_FLIGHT, &with).await?;
        let found = rows
            .iter()
            .map(|row| Ok((get(row, 0, "order_id")?, get(row, 1, "upi_uuid")?)))
            .collect::<Result<Vec<_>, crate::ledger::Damaged>>()
            .map_err(|damaged| step.error(damaged.into()))?;
        let mut seen = self.seen();
        let first = |it: &(String, String)| seen.get(it).copied().unwrap_or(now);
        *seen = found
            .into_iter()
            .map(|it| (it.clone(), first(&it)))
            .collect();
        let old = seen
            .iter()
            .filter(|(_, first)| now.duration_since(**first) > self.sweep_after);
        let mut due: Vec<_> = old.map(|(attempt, _)| attempt.clone()).collect();
        due.sort_unstable();
        Ok(due)
    }

    async fn give_up(&self, batch: &[(String, String)]) -> Result<u64, LedgerError> {
        let at = self.clock.now();
        let end = Settlement::OutcomeUnknown;
        let (ids, uuids): (Vec<_>, Vec<_>) = batch.iter().cloned().unzip();
        let entry =
            |(id, uuid): &(String, String)| Entry::ended(self.scribe(at), id, uuid, &end).encode();
        let entries: Vec<_> = batch.iter().map(entry).collect();
        let (at, unknown) = (micros(at), State::OutcomeUnknown.name());
        let with = [
            text(&self.member),
            number(&at),
            text(&unknown),
            texts(&ids),
            texts(&uuids),
            texts(&entries),
        ];
        let given = self.connections.step().write(GIVE_UP, &with).await?;
        Ok(u64::try_from(given).unwrap_or(u64::MAX))
    }
}
