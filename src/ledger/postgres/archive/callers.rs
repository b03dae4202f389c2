//! Callers: what they had sent, who is stopped, and what operators changed of that.

use super::lists::read;
use crate::domain::OrderId;
use crate::ledger::archive::{Allowance, Counted, Halt, OPERATOR, Resolution, Standing, Stop};
use crate::ledger::journal::{Entry, from_micros, micros};
use crate::ledger::postgres::Postgres;
use crate::ledger::postgres::columns::get;
use crate::ledger::postgres::parameters::{number, numbers, text, texts};
use crate::verify::port::LedgerError;

const COUNTS: &str = "
SELECT caller, period, used, extra FROM budgets WHERE member = $1 ORDER BY caller, period";

const STOPS: &str = "SELECT caller, stopped_at FROM stops WHERE member = $1 ORDER BY caller";

const JOURNAL: &str = "
SELECT at, event, entry FROM journal WHERE member = $1 AND order_id = '' ORDER BY number";

const STOP: &str = "
WITH changed AS (
    INSERT INTO stops (member, caller, stopped_at) VALUES ($1, $2, $3)
    ON CONFLICT (member, caller) DO NOTHING RETURNING 1)
INSERT INTO journal (at, member, order_id, event, entry)
SELECT $3, $1, '', $4, $5 FROM changed RETURNING 1";

const START: &str = "
WITH changed AS (DELETE FROM stops WHERE member = $1 AND caller = $2 RETURNING 1)
INSERT INTO journal (at, member, order_id, event, entry)
SELECT $3, $1, '', $4, $5 FROM changed RETURNING 1";

const ALLOW: &str = "
WITH changed AS (
    INSERT INTO budgets (member, caller, period, extra) VALUES ($1, $2, $6, $7)
    ON CONFLICT (member, caller, period) DO UPDATE SET extra = EXCLUDED.extra RETURNING 1)
INSERT INTO journal (at, member, order_id, event, entry)
SELECT $3, $1, '', $4, $5 FROM changed RETURNING 1";

const IMPORT_EXTRAS: &str = "
INSERT INTO budgets (member, caller, period, extra)
SELECT $1, caller, period, extra
FROM unnest($2::text[], $3::text[], $4::bigint[]) AS told (caller, period, extra)
ORDER BY caller, period
ON CONFLICT (member, caller, period) DO UPDATE SET extra = EXCLUDED.extra WHERE budgets.extra = 0
RETURNING 1";

const IMPORT_STOPS: &str = "
INSERT INTO stops (member, caller, stopped_at)
SELECT $1, caller, at FROM unnest($2::text[], $3::bigint[]) AS told (caller, at)
ON CONFLICT (member, caller) DO NOTHING RETURNING 1";

const IMPORT_JOURNAL: &str = "
INSERT INTO journal (at, member, order_id, event, entry)
SELECT at, $1, '', event, entry
FROM unnest($2::bigint[], $3::text[], $4::text[]) WITH ORDINALITY AS told (at, event, entry, place)
WHERE NOT EXISTS (
    SELECT 1 FROM journal WHERE member = $1 AND order_id = '' AND journal.entry = told.entry)
ORDER BY place RETURNING 1";

/// The order may have been settled meanwhile, or what it was counted given back.
const GIVE_BACK: &str = "
WITH account AS (
    SELECT budgets.caller, budgets.period FROM budgets, orders
    WHERE budgets.member = $2 AND budgets.caller = orders.caller
        AND budgets.period IN ($6, substr($6, 1, 7))
        AND orders.member = $2 AND orders.order_id = $3
    ORDER BY budgets.period FOR UPDATE OF budgets),
freed AS (
    UPDATE orders SET charged = NULL
    WHERE member = $2 AND order_id = $3 AND state = 'OUTCOME_UNKNOWN' AND charged = $6
        AND (SELECT count(*) FROM account) >= 0
    RETURNING 1),
back AS (
    UPDATE budgets SET used = used - 1 FROM freed, account
    WHERE budgets.member = $2 AND budgets.caller = account.caller
        AND budgets.period = account.period)
INSERT INTO journal (at, member, order_id, event, entry)
SELECT $1, $2, $3, $4, $5 FROM freed RETURNING 1";

impl Postgres {
    pub(super) async fn accounts(&self) -> Result<Standing, LedgerError> {
        let mut step = self.connections.step();
        let member = [text(&self.member)];
        let rows = step.read(COUNTS, &member).await?;
        let counts = read(&step, &rows, |row| {
            Ok(Counted {
                caller: get(row, 0, "caller")?,
                period: get(row, 1, "period")?,
                used: get(row, 2, "used")?,
                extra: get(row, 3, "extra")?,
            })
        })?;
        let rows = step.read(STOPS, &member).await?;
        let stops = read(&step, &rows, |row| {
            let since = from_micros(get(row, 1, "stopped_at")?);
            Ok(Stop {
                caller: get(row, 0, "caller")?,
                since: since.ok_or(crate::ledger::Damaged("stopped_at"))?,
            })
        })?;
        let rows = step.read(JOURNAL, &member).await?;
        let journal = read(&step, &rows, |row| {
            Ok((
                get(row, 0, "at")?,
                get(row, 1, "event")?,
                get(row, 2, "entry")?,
            ))
        })?;
        Ok(Standing {
            counts,
            stops,
            journal,
        })
    }

    pub(super) async fn stop_or_start(&self, halt: Halt) -> Result<bool, LedgerError> {
        let at = self.clock.now();
        let entry = Entry::halted(self.written_by(OPERATOR, at), &halt);
        let (at, caller) = (micros(at), halt.caller.as_str());
        let (event, entry) = (entry.happened.name(), entry.encode());
        let with = [
            text(&self.member),
            text(&caller),
            number(&at),
            text(&event),
            text(&entry),
        ];
        let sql = if halt.stopped { STOP } else { START };
        Ok(self.connections.step().write_once(sql, &with).await? > 0)
    }

    pub(super) async fn raise(&self, allowance: Allowance) -> Result<(), LedgerError> {
        let at = self.clock.now();
        let entry = Entry::allowed(self.written_by(OPERATOR, at), &allowance);
        let (at, caller) = (micros(at), allowance.caller.as_str());
        let (event, entry) = (entry.happened.name(), entry.encode());
        let with = [
            text(&self.member),
            text(&caller),
            number(&at),
            text(&event),
            text(&entry),
            text(&allowance.period),
            number(&allowance.extra),
        ];
        self.connections.step().write_once(ALLOW, &with).await?;
        Ok(())
    }

    pub(super) async fn take_standing_over(&self, standing: Standing) -> Result<(), LedgerError> {
        let mut step = self.connections.step();
        let Standing {
            counts,
            stops,
            journal,
        } = standing;
        // What is counted comes with the orders.
        let extras = || counts.iter().filter(|count| count.extra != 0);
        let callers = extras().map(|count| count.caller.clone()).collect();
        let periods = extras().map(|count| count.period.clone()).collect();
        let extras = extras().map(|count| count.extra).collect();
        let member = text(&self.member);
        let with = [
            member.clone(),
            texts(&callers),
            texts(&periods),
            numbers(&extras),
        ];
        step.write(IMPORT_EXTRAS, &with).await?;
        let (callers, times) = stops
            .into_iter()
            .map(|stop| (stop.caller, micros(stop.since)))
            .unzip();
        let with = [member.clone(), texts(&callers), numbers(&times)];
        step.write(IMPORT_STOPS, &with).await?;
        let times = journal.iter().map(|(at, ..)| *at).collect();
        let events = journal.iter().map(|(_, event, _)| event.clone()).collect();
        let entries = journal.into_iter().map(|(.., entry)| entry).collect();
        let with = [member, numbers(&times), texts(&events), texts(&entries)];
        step.write(IMPORT_JOURNAL, &with).await?;
        Ok(())
    }

    /// Writes down that an order was not sent, and gives back what it was counted to that day.
    pub(super) async fn write_down_and_give_back(
        &self,
        (order_id, upi_uuid): (&OrderId, &str),
        resolution: &Resolution,
        charged: &str,
    ) -> Result<(), LedgerError> {
        let at = self.clock.now();
        let scribe = self.written_by(OPERATOR, at);
        let told = (resolution.resolved, &*resolution.note);
        let entry = Entry::resolved(scribe, order_id.as_str(), upi_uuid, told);
        let (at, event, entry) = (micros(at), entry.happened.name(), entry.encode());
        let order_id = order_id.as_str();
        let with = [
            number(&at),
            text(&self.member),
            text(&order_id),
            text(&event),
            text(&entry),
            text(&charged),
        ];
        match self.connections.step().write_once(GIVE_BACK, &with).await? {
            0 => Err(LedgerError::WrongState),
            _ => Ok(()),
        }
    }
}
