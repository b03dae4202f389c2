//! Claims and ends of orders, each one statement that changes the order and writes its entry of
//! the journal. What a statement found changed since it was looked at stays as it is: then the
//! order is looked at again, so nobody ever holds a lock while a network is between.

use super::Postgres;
use super::certainty::Fault;
use super::columns::{COLUMNS, order};
use super::connections::Step;
use super::parameters::{number, text};
use crate::domain::CallerName;
use crate::ledger::journal::{Entry, micros};
use crate::ledger::machine;
use crate::ledger::{AnswerRow, OrderRow};
use crate::verify::port::{
    Attempt, Claim, Claimed, LedgerError, Record, Settled, Settlement, State,
};

const CLAIM: &str = "
WITH claimed AS (
    INSERT INTO orders (member, order_id, state, attempts, owner, upi_uuid, jws_sha256,
        digest_key, digest, usage_scenario, purpose, agreement, serial, created_at, updated_at,
        caller)
    VALUES ($1, $2, 'SENDING', 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $15)
    ON CONFLICT (member, order_id) DO NOTHING
    RETURNING 1)
INSERT INTO journal (at, member, order_id, event, entry)
SELECT $12, $1, $2, $13, $14 FROM claimed RETURNING 1";

/// With the same digest, so of the same caller.
const CLAIM_AGAIN: &str = "
WITH claimed AS (
    UPDATE orders SET state = 'SENDING', attempts = attempts + 1, owner = $3, upi_uuid = $4,
        jws_sha256 = $5, usage_scenario = $8, purpose = $9, agreement = $10, serial = $11,
        updated_at = $12, purged = FALSE
    WHERE member = $1 AND order_id = $2 AND state = 'NOT_SENT' AND upi_uuid = $15
        AND digest_key = $6 AND digest = $7
    RETURNING 1)
INSERT INTO journal (at, member, order_id, event, entry)
SELECT $12, $1, $2, $13, $14 FROM claimed RETURNING 1";

const END: &str = "
WITH ended AS (
    UPDATE orders SET state = $6, updated_at = $7, code = $8, confidence = $9, category = $10,
        message = $11, detail = $12, answered_at = $13
    WHERE member = $1 AND order_id = $2 AND owner = $3 AND upi_uuid = $4 AND state = $5
    RETURNING 1)
INSERT INTO journal (at, member, order_id, event, entry)
SELECT $7, $1, $2, $14, $15 FROM ended RETURNING 1";

impl Postgres {
    /// The row of an order.
    pub(super) async fn row(
        &self,
        step: &mut Step<'_>,
        order_id: &str,
    ) -> Result<Option<(OrderRow, Record)>, LedgerError> {
        let sql = format!("SELECT {COLUMNS} FROM orders WHERE member = $1 AND order_id = $2");
        let with = [text(&self.member), text(&order_id)];
        let rows = step.read(&sql, &with).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let read = || {
            let row = order(row)?;
            Ok::<_, crate::ledger::Damaged>((row.clone(), row.record()?))
        };
        read()
            .map(Some)
            .map_err(|damaged| step.error(damaged.into()))
    }

    pub(super) async fn take(&self, claim: Claim) -> Result<Claimed, LedgerError> {
        let mut step = self.connections.step();
        let order_id = claim.attempt.order_id.as_str();
        if self.claim_first(&mut step, &claim).await? {
            return Ok(Claimed::Granted);
        }
        while step.has_time() {
            let Some((row, record)) = self.row(&mut step, order_id).await? else {
                // Rows do not go away; an import may still be bringing it.
                if self.claim_first(&mut step, &claim).await? {
                    return Ok(Claimed::Granted);
                }
                continue;
            };
            // An earlier try of this very claim was written, and its answer lost.
            if record.state == State::Sending && self.is_mine(&row, &claim.attempt) {
                return Ok(Claimed::Granted);
            }
            if !machine::claimable(&record.state, record.digest, claim.digest) {
                return Ok(Claimed::Standing(Box::new(record)));
            }
            if self.claim_again(&mut step, &claim, &record).await? {
                return Ok(Claimed::Granted);
            }
        }
        Err(step.error(Fault::Restless))
    }

    async fn claim_first(&self, step: &mut Step<'_>, claim: &Claim) -> Result<bool, LedgerError> {
        let caller = claim.caller.as_ref().map(CallerName::as_str);
        self.write_claim(step, CLAIM, claim, 1, &caller).await
    }

    async fn claim_again(
        &self,
        step: &mut Step<'_>,
        claim: &Claim,
        standing: &Record,
    ) -> Result<bool, LedgerError> {
        let attempt = standing.attempts.saturating_add(1);
        let uuid = Some(&*standing.upi_uuid);
        self.write_claim(step, CLAIM_AGAIN, claim, attempt, &uuid)
            .await
    }

    async fn write_claim(
        &self,
        step: &mut Step<'_>,
        sql: &str,
        claim: &Claim,
        attempt: u32,
        last: &Option<&str>,
    ) -> Result<bool, LedgerError> {
        let at = self.clock.now();
        let row = OrderRow::claimed(claim, &self.owner, at);
        let entry = Entry::claimed(self.scribe(at), claim, attempt);
        let (event, entry) = (entry.happened.name(), entry.encode());
        let mut with = vec![
            text(&self.member),
            text(&row.order_id),
            text(&row.owner),
            text(&row.upi_uuid),
            text(&row.jws_sha256),
            text(&row.digest_key),
            text(&row.digest),
        ];
        with.extend(row.consent.iter().map(text));
        with.extend([number(&row.updated_at), text(&event), text(&entry)]);
        with.push(text(last));
        Ok(step.write(sql, &with).await? > 0)
    }

    pub(super) async fn end(
        &self,
        attempt: Attempt,
        end: Settlement,
    ) -> Result<Settled, LedgerError> {
        let mut step = self.connections.step();
        let sending = State::Sending.name();
        if self.write_end(&mut step, &attempt, &end, sending).await? {
            return Ok(Settled::InTime);
        }
        while step.has_time() {
            let found = self.row(&mut step, attempt.order_id.as_str()).await?;
            let found = found.filter(|(row, _)| self.is_mine(row, &attempt));
            let (row, _) = found.ok_or(LedgerError::WrongState)?;
            let settled = row.settled(&end, self.keep_texts);
            let settled = settled.map_err(|damaged| step.error(damaged.into()))?;
            let settled = settled.ok_or(LedgerError::WrongState)?;
            if settled == Settled::Already
                || self
                    .write_end(&mut step, &attempt, &end, &row.state)
                    .await?
            {
                return Ok(settled);
            }
        }
        Err(step.error(Fault::Restless))
    }

    async fn write_end(
        &self,
        step: &mut Step<'_>,
        attempt: &Attempt,
        end: &Settlement,
        from: &str,
    ) -> Result<bool, LedgerError> {
        let at = self.clock.now();
        let (order_id, uuid) = (attempt.order_id.as_str(), &*attempt.upi_uuid);
        let entry = Entry::ended(self.scribe(at), order_id, uuid, end);
        let (event, entry) = (entry.happened.name(), entry.encode());
        let state = State::from(end.clone());
        let (state, at) = (state.name(), micros(at));
        let answer = AnswerRow::of(end, self.keep_texts);
        let with = [
            text(&self.member),
            text(&order_id),
            text(&self.owner),
            text(&uuid),
            text(&from),
            text(&state),
            number(&at),
            text(&answer.code),
            number(&answer.confidence),
            text(&answer.category),
            text(&answer.message),
            text(&answer.detail),
            number(&answer.answered_at),
            text(&event),
            text(&entry),
        ];
        Ok(step.write(END, &with).await? > 0)
    }

    fn is_mine(&self, row: &OrderRow, attempt: &Attempt) -> bool {
        row.owner == self.owner && row.upi_uuid == attempt.upi_uuid
    }
}
