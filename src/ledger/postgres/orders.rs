//! Claims and ends of orders, each one statement that changes the order and writes its entry of
//! the journal. What a statement found changed since it was looked at stays as it is: then the
//! order is looked at again, so nobody ever holds a lock while a network is between.

use super::Postgres;
use super::budgets::Account;
use super::certainty::Fault;
use super::claims;
use super::columns::{COLUMNS, order};
use super::connections::Step;
use super::parameters::{number, text};
use crate::ledger::journal::{Entry, micros};
use crate::ledger::machine;
use crate::ledger::{AnswerRow, OrderRow};
use crate::verify::port::{
    Attempt, Claim, Claimed, LedgerError, Record, Settled, Settlement, State,
};

const END: &str = "
WITH ended AS (
    UPDATE orders SET state = $6, updated_at = $7, code = $8, confidence = $9, category = $10,
        message = $11, detail = $12, answered_at = $13
    WHERE member = $1 AND order_id = $2 AND owner = $3 AND upi_uuid = $4 AND state = $5
        AND (charged IS NULL OR $6 <> 'NOT_SENT')
    RETURNING 1)
INSERT INTO journal (at, member, order_id, event, entry)
SELECT $7, $1, $2, $14, $15 FROM ended RETURNING 1";

/// NOT_SENT of an order that is counted, which gives back what the order was counted. Rows of budgets are locked first, as by
/// claims; an operator may have given it back meanwhile, and then the order has changed.
const END_AND_GIVE_BACK: &str = "
WITH seen AS (SELECT caller, charged FROM orders WHERE member = $1 AND order_id = $2),
account AS (
    SELECT budgets.caller, budgets.period FROM budgets, seen
    WHERE budgets.member = $1 AND budgets.caller = seen.caller
        AND budgets.period IN (seen.charged, substr(seen.charged, 1, 7))
    ORDER BY budgets.period FOR UPDATE OF budgets),
ended AS (
    UPDATE orders SET state = $6, updated_at = $7, code = $8, confidence = $9, category = $10,
        message = $11, detail = $12, answered_at = $13, charged = NULL
    WHERE member = $1 AND order_id = $2 AND owner = $3 AND upi_uuid = $4 AND state = $5
        AND (SELECT count(*) FROM account) >= 0
        AND charged IS NOT DISTINCT FROM (SELECT charged FROM seen)
    RETURNING 1),
back AS (
    UPDATE budgets SET used = used - 1 FROM ended, account
    WHERE budgets.member = $1 AND budgets.caller = account.caller
        AND budgets.period = account.period)
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
        let _turn = self.lanes.enter(&step, &claim).await?;
        if self.claim_first(&mut step, &claim).await? {
            return Ok(Claimed::Granted);
        }
        while step.has_time() {
            let Some((row, record)) = self.row(&mut step, order_id).await? else {
                if let Some(bar) = self.bar(&mut step, &claim).await? {
                    // An earlier try of this very claim may still be written.
                    return step.certainly(Claimed::Barred(bar), Fault::Restless);
                }
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
            if let Some(bar) = self.bar(&mut step, &claim).await? {
                return step.certainly(Claimed::Barred(bar), Fault::Restless);
            }
        }
        Err(step.error(Fault::Restless))
    }

    async fn claim_first(&self, step: &mut Step<'_>, claim: &Claim) -> Result<bool, LedgerError> {
        self.write_claim(step, claim, None).await
    }

    async fn claim_again(
        &self,
        step: &mut Step<'_>,
        claim: &Claim,
        standing: &Record,
    ) -> Result<bool, LedgerError> {
        self.write_claim(step, claim, Some(standing)).await
    }

    async fn write_claim(
        &self,
        step: &mut Step<'_>,
        claim: &Claim,
        standing: Option<&Record>,
    ) -> Result<bool, LedgerError> {
        let at = self.clock.now();
        let day = self.day(claim, at);
        let attempt = standing.map_or(1, |standing| standing.attempts.saturating_add(1));
        let row = OrderRow::claimed(claim, &self.owner, at, day.as_ref());
        let entry = Entry::claimed(self.scribe(at), claim, (attempt, day.as_ref()));
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
        with.push(text(&row.caller));
        let account = day.as_ref().map(|day| Account::of(day, claim.budget));
        with.extend(account.iter().flat_map(Account::parameters));
        let last = standing.map(|standing| &*standing.upi_uuid);
        with.extend(last.iter().map(text));
        let sql = match (standing, &account) {
            (None, None) => claims::CLAIM,
            (None, Some(_)) => claims::CLAIM_WITHIN,
            (Some(_), None) => claims::CLAIM_AGAIN,
            (Some(_), Some(_)) => claims::CLAIM_AGAIN_WITHIN,
        };
        Ok(step.write(sql, &with).await? > 0)
    }

    pub(super) async fn end(
        &self,
        attempt: Attempt,
        end: Settlement,
    ) -> Result<Settled, LedgerError> {
        let mut step = self.connections.step();
        let sending = State::Sending.name();
        let first = self.write_end(&mut step, &attempt, &end, (sending, false));
        if first.await? {
            return Ok(Settled::InTime);
        }
        while step.has_time() {
            let found = self.row(&mut step, attempt.order_id.as_str()).await?;
            let found = found.filter(|(row, _)| self.is_mine(row, &attempt));
            let (row, _) = found.ok_or(LedgerError::WrongState)?;
            let settled = row.settled(&end, self.keep_texts);
            let settled = settled.map_err(|damaged| step.error(damaged.into()))?;
            let settled = settled.ok_or(LedgerError::WrongState)?;
            let from = (&*row.state, row.charged.is_some());
            if settled == Settled::Already
                || self.write_end(&mut step, &attempt, &end, from).await?
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
        (from, counted): (&str, bool),
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
        let sql = match end {
            Settlement::NotSent if counted => END_AND_GIVE_BACK,
            _ => END,
        };
        Ok(step.write(sql, &with).await? > 0)
    }

    fn is_mine(&self, row: &OrderRow, attempt: &Attempt) -> bool {
        row.owner == self.owner && row.upi_uuid == attempt.upi_uuid
    }
}
