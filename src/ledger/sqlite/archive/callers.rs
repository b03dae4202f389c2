//! Callers: what they had sent, who is stopped, and what operators changed of that.

use rusqlite::{Connection, params};

use crate::ledger::archive::{Allowance, Counted, Halt, OPERATOR, Standing, Stop};
use crate::ledger::journal::{Entry, from_micros, micros};
use crate::ledger::sqlite::book::{Book, note, note_encoded};
use crate::verify::port::LedgerError;

const COUNTS: &str = "
SELECT caller, period, used, extra FROM budgets WHERE member = ?1 ORDER BY caller, period";

const STOPS: &str = "SELECT caller, stopped_at FROM stops WHERE member = ?1 ORDER BY caller";

const JOURNAL: &str = "
SELECT at, event, entry FROM journal WHERE member = ?1 AND order_id = '' ORDER BY number";

const STOP: &str = "
INSERT INTO stops (member, caller, stopped_at) VALUES (?1, ?2, ?3)
ON CONFLICT (member, caller) DO NOTHING";

const START: &str = "DELETE FROM stops WHERE member = ?1 AND caller = ?2";

const ALLOW: &str = "
INSERT INTO budgets (member, caller, period, extra) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (member, caller, period) DO UPDATE SET extra = excluded.extra";

const IMPORT_EXTRA: &str = "
INSERT INTO budgets (member, caller, period, extra) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (member, caller, period) DO UPDATE SET extra = excluded.extra WHERE extra = 0";

const HAS_ENTRY: &str = "
SELECT EXISTS (SELECT 1 FROM journal WHERE member = ?1 AND order_id = '' AND entry = ?2)";

/// Everything about callers.
pub(super) fn standing(connection: &Connection, book: &Book) -> Result<Standing, LedgerError> {
    let mut counts = connection.prepare(COUNTS)?;
    let counts = counts.query_map([&book.member], |row| {
        Ok(Counted {
            caller: row.get(0)?,
            period: row.get(1)?,
            used: row.get(2)?,
            extra: row.get(3)?,
        })
    })?;
    let mut stops = connection.prepare(STOPS)?;
    let stops = stops.query_map([&book.member], |row| {
        let (caller, at) = (row.get(0)?, from_micros(row.get(1)?));
        Ok(at.map(|since| Stop { caller, since }))
    })?;
    let mut journal = connection.prepare(JOURNAL)?;
    let journal = journal.query_map([&book.member], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    Ok(Standing {
        counts: counts.collect::<Result<_, _>>()?,
        stops: stops
            .filter_map(Result::transpose)
            .collect::<Result<_, _>>()?,
        journal: journal.collect::<Result<_, _>>()?,
    })
}

/// Stops a caller, or lets it go on; whether that changed anything.
pub(super) fn halt(connection: &Connection, book: &Book, halt: &Halt) -> Result<bool, LedgerError> {
    let scribe = book.written_by(OPERATOR);
    let caller = halt.caller.as_str();
    let changed = match halt.stopped {
        true => connection.execute(STOP, params![book.member, caller, micros(scribe.at)])?,
        false => connection.execute(START, [&*book.member, caller])?,
    };
    if changed > 0 {
        note(connection, &book.member, &Entry::halted(scribe, halt))?;
    }
    Ok(changed > 0)
}

/// Raises a budget for one period.
pub(super) fn allow(
    connection: &Connection,
    book: &Book,
    allowance: &Allowance,
) -> Result<(), LedgerError> {
    let Allowance {
        caller,
        period,
        extra,
        note: _,
    } = allowance;
    connection.execute(ALLOW, params![book.member, caller.as_str(), period, extra])?;
    let entry = Entry::allowed(book.written_by(OPERATOR), allowance);
    Ok(note(connection, &book.member, &entry)?)
}

/// Takes over what an operator set in another ledger. What is counted comes with the orders.
pub(super) fn import(
    connection: &Connection,
    book: &Book,
    standing: &Standing,
) -> Result<(), LedgerError> {
    for count in standing.counts.iter().filter(|count| count.extra != 0) {
        let Counted {
            caller,
            period,
            extra,
            used: _,
        } = count;
        connection.execute(IMPORT_EXTRA, params![book.member, caller, period, extra])?;
    }
    for Stop { caller, since } in &standing.stops {
        connection.execute(STOP, params![book.member, caller, micros(*since)])?;
    }
    for (at, event, entry) in &standing.journal {
        let same = [&book.member, entry];
        let has: bool = connection.query_row(HAS_ENTRY, same, |row| row.get(0))?;
        if !has {
            note_encoded(connection, (&book.member, ""), (*at, event), entry)?;
        }
    }
    Ok(())
}
