//! What callers had sent, and who is stopped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout_at;

use super::Postgres;
use super::certainty::Fault;
use super::columns::get;
use super::connections::Step;
use super::parameters::{Parameter, number, text};
use crate::domain::{Budget, CallerName, Span};
use crate::ledger::Damaged;
use crate::ledger::calendar::Day;
use crate::verify::port::{Bar, Claim, Count, LedgerError};

/// Claims of one caller that has a budget are written one after the other: one is on its way, and the
/// next waits where it will be written. More would wait there, too, each with a connection that
/// others have use for.
const LANES: usize = 2;

const STANDING: &str = "
SELECT '' AS period, 0::bigint, 0::bigint FROM stops WHERE member = $1 AND caller = $2
UNION ALL
SELECT period, used, extra FROM budgets
WHERE member = $1 AND caller = $2 AND period IN ($3, $4)";

const PRESENT: &str = "
SELECT caller, period, used, extra FROM budgets WHERE member = $1 AND period IN ($2, $3)";

const OPEN: &str = "
INSERT INTO budgets (member, caller, period) VALUES ($1, $2, $4), ($1, $2, $3)
ON CONFLICT (member, caller, period) DO NOTHING RETURNING 1";

/// Ways to the rows of each caller that has a budget.
#[derive(Default)]
pub struct Lanes(Mutex<HashMap<CallerName, Arc<Semaphore>>>);

impl Lanes {
    /// Waits for the turn of a claim.
    pub async fn enter(
        &self,
        step: &Step<'_>,
        claim: &Claim,
    ) -> Result<Option<OwnedSemaphorePermit>, LedgerError> {
        let Some(name) = claim.caller.as_ref().filter(|_| claim.budget.is_set()) else {
            return Ok(None);
        };
        let lane = {
            let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let lane = lanes.entry(name.clone());
            Arc::clone(lane.or_insert_with(|| Arc::new(Semaphore::new(LANES))))
        };
        match timeout_at(step.by(), lane.acquire_owned()).await {
            Ok(Ok(turn)) => Ok(Some(turn)),
            _ => Err(step.error(Fault::NoConnection)),
        }
    }
}

/// To what a claim is counted, as its statement needs it.
pub struct Account<'a> {
    periods: [&'a str; 2],
    bounds: [Option<i64>; 2],
}

impl<'a> Account<'a> {
    /// Of a day and its month.
    pub fn of(day: &'a Day, budget: Budget) -> Self {
        let bound = |span| {
            budget
                .of(span)
                .map(|it| i64::try_from(it).unwrap_or(i64::MAX))
        };
        Self {
            periods: Span::ALL.map(|span| day.of(span)),
            bounds: Span::ALL.map(bound),
        }
    }

    /// Day and month, and their bounds.
    pub fn parameters(&self) -> [Parameter<'_>; 4] {
        let [day, month] = &self.periods;
        let [daily, monthly] = &self.bounds;
        [text(day), text(month), number(daily), number(monthly)]
    }
}

/// A row of a period: used, and what an operator has added.
type Standing = (i64, i64);

impl Postgres {
    /// The day to which a claim is counted, if it is.
    pub(super) fn day(&self, claim: &Claim, at: OffsetDateTime) -> Option<Day> {
        let counted = claim.caller.is_some() && claim.budget.is_set();
        counted.then(|| self.calendar.day(at))
    }

    pub(super) async fn present_counts(&self) -> Result<Vec<Count>, LedgerError> {
        let day = self.calendar.day(self.clock.now());
        let (date, month) = (day.of(Span::Day), day.of(Span::Month));
        let mut step = self.connections.step();
        let with = [text(&self.member), text(&date), text(&month)];
        let rows = step.read(PRESENT, &with).await?;
        let mut counts = Vec::new();
        for row in &rows {
            let found = || {
                let names = (get(row, 0, "caller")?, get(row, 1, "period")?);
                Ok::<_, Damaged>(day.count(names, (get(row, 2, "used")?, get(row, 3, "extra")?)))
            };
            counts.extend(found().map_err(|damaged| step.error(damaged.into()))?);
        }
        Ok(counts)
    }

    /// Why a claim was not granted. Nothing, if it would be now: rows of a period that has just begun
    /// are made here.
    pub(super) async fn bar(
        &self,
        step: &mut Step<'_>,
        claim: &Claim,
    ) -> Result<Option<Bar>, LedgerError> {
        let Some(caller) = claim.caller.as_ref().map(CallerName::as_str) else {
            return Ok(None);
        };
        let at = self.clock.now();
        let day = self.calendar.day(at);
        let (date, month) = (day.of(Span::Day), day.of(Span::Month));
        let with = [text(&self.member), text(&caller), text(&date), text(&month)];
        let rows = step.read(STANDING, &with).await?;
        let row = |row| {
            Ok((
                get(row, 0, "period")?,
                (get(row, 1, "used")?, get(row, 2, "extra")?),
            ))
        };
        let rows = rows.iter().map(row).collect::<Result<_, Damaged>>();
        let rows: HashMap<String, Standing> = rows.map_err(|damaged| step.error(damaged.into()))?;
        if rows.contains_key("") {
            return Ok(Some(Bar::Stopped));
        }
        if !claim.budget.is_set() {
            return Ok(None);
        }
        if rows.len() < 2 {
            step.write(OPEN, &with).await?;
        }
        let spent = |span: &Span| {
            let (used, extra) = rows.get(day.of(*span)).copied().unwrap_or_default();
            let bound = claim.budget.of(*span);
            bound.is_some_and(|bound| i128::from(used) >= i128::from(bound) + i128::from(extra))
        };
        // The one that lasts longer is told, if both are used up.
        let span = Span::ALL.into_iter().rev().find(spent);
        Ok(span.map(|span| Bar::Spent {
            span,
            rest: self.calendar.rest(span, at),
        }))
    }
}
