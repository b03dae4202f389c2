//! What callers had sent, and who is stopped. Each function runs within a transaction of its caller.

use rusqlite::{Connection, OptionalExtension as _, Result, params};

use time::OffsetDateTime;

use super::book::Book;
use crate::domain::{Budget, Span};
use crate::ledger::calendar::Day;
use crate::verify::port::{Bar, Claim, Count, LedgerError};

const IS_STOPPED: &str = "SELECT EXISTS (SELECT 1 FROM stops WHERE member = ?1 AND caller = ?2)";

const USED: &str = "
SELECT used, extra FROM budgets WHERE member = ?1 AND caller = ?2 AND period = ?3";

const COUNT: &str = "
INSERT INTO budgets (member, caller, period, used) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (member, caller, period) DO UPDATE SET used = used + excluded.used";

const PRESENT: &str = "
SELECT caller, period, used, extra FROM budgets WHERE member = ?1 AND period IN (?2, ?3)";

/// What is counted to the present day and month.
pub(super) fn counts(
    connection: &Connection,
    book: &Book,
) -> std::result::Result<Vec<Count>, LedgerError> {
    let day = book.calendar.day(book.now());
    let mut statement = connection.prepare(PRESENT)?;
    let (date, month) = (day.of(Span::Day), day.of(Span::Month));
    let rows = statement.query_map(params![book.member, date, month], |row| {
        let (name, period): (String, String) = (row.get(0)?, row.get(1)?);
        let used: i64 = row.get(2)?;
        let extra = row.get(3)?;
        Ok(day.count((&name, &period), (used, extra)))
    })?;
    Ok(rows.filter_map(Result::transpose).collect::<Result<_>>()?)
}

/// The day to which a claim is counted, if it is.
pub(super) fn day(book: &Book, claim: &Claim, at: OffsetDateTime) -> Option<Day> {
    let counted = claim.caller.is_some() && claim.budget.is_set();
    counted.then(|| book.calendar.day(at))
}

/// Why a claim may not be granted.
pub(super) fn bar(
    connection: &Connection,
    book: &Book,
    claim: &Claim,
    (day, at): (Option<&Day>, OffsetDateTime),
) -> Result<Option<Bar>> {
    let Some(caller) = &claim.caller else {
        return Ok(None);
    };
    let caller = caller.as_str();
    let mut statement = connection.prepare_cached(IS_STOPPED)?;
    if statement.query_row([&*book.member, caller], |row| row.get(0))? {
        return Ok(Some(Bar::Stopped));
    }
    match day {
        Some(day) => {
            let span = spent(connection, book, (caller, day), claim.budget)?;
            Ok(span.map(|span| Bar::Spent {
                span,
                rest: book.calendar.rest(span, at),
            }))
        }
        None => Ok(None),
    }
}

/// The longest span in which nothing is left.
fn spent(
    connection: &Connection,
    book: &Book,
    (caller, day): (&str, &Day),
    budget: Budget,
) -> Result<Option<Span>> {
    let mut statement = connection.prepare_cached(USED)?;
    for span in Span::ALL.into_iter().rev() {
        let Some(bound) = budget.of(span) else {
            continue;
        };
        let counts = params![book.member, caller, day.of(span)];
        let counts = statement.query_row(counts, |row| Ok((row.get(0)?, row.get(1)?)));
        let (used, extra): (i64, i64) = counts.optional()?.unwrap_or_default();
        if i128::from(used) >= i128::from(bound) + i128::from(extra) {
            return Ok(Some(span));
        }
    }
    Ok(None)
}

/// Counts orders to a day and its month; fewer than none gives back.
pub(super) fn count(
    connection: &Connection,
    book: &Book,
    (caller, day): (&str, &Day),
    orders: i64,
) -> Result<()> {
    let mut statement = connection.prepare_cached(COUNT)?;
    for span in Span::ALL {
        statement.execute(params![book.member, caller, day.of(span), orders])?;
    }
    Ok(())
}

/// Gives back what an order was counted.
pub(super) fn give_back(
    connection: &Connection,
    book: &Book,
    (caller, charged): (Option<&str>, Option<&str>),
) -> Result<()> {
    match caller.zip(charged.and_then(Day::parse)) {
        Some((caller, day)) => count(connection, book, (caller, &day), -1),
        None => Ok(()),
    }
}
