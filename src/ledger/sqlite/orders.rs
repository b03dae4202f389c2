//! The statements of calls. Each function runs within a transaction of its caller.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::book::{Book, columns, note, order_row};
use super::budgets;
use crate::ledger::calendar::Day;
use crate::ledger::journal::{Entry, Scribe, micros};
use crate::ledger::machine;
use crate::ledger::row::{AnswerRow, OrderRow};
use crate::verify::port::{
    Attempt, Bar, Claim, Claimed, LedgerError, Record, Settled, Settlement, State,
};

/// Takes a new id, or one that is NOT_SENT with the same content; the attempt's number if it did.
const CLAIM: &str = "
INSERT INTO orders (member, order_id, state, attempts, owner, upi_uuid, jws_sha256, digest_key,
    digest, usage_scenario, purpose, agreement, serial, created_at, updated_at, caller, charged)
VALUES (?1, ?2, 'SENDING', 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, ?13, ?14)
ON CONFLICT (member, order_id) DO UPDATE SET
    state = excluded.state, attempts = orders.attempts + 1, owner = excluded.owner,
    upi_uuid = excluded.upi_uuid, jws_sha256 = excluded.jws_sha256,
    usage_scenario = excluded.usage_scenario, purpose = excluded.purpose,
    agreement = excluded.agreement, serial = excluded.serial,
    updated_at = excluded.updated_at, purged = 0, charged = excluded.charged
WHERE orders.state = 'NOT_SENT' AND orders.digest_key = excluded.digest_key
    AND orders.digest = excluded.digest
RETURNING attempts";

const FIND: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM orders WHERE member = ?1 AND order_id = ?2"
);

const SETTLE: &str = "
UPDATE orders SET state = ?3, updated_at = ?4, code = ?5, confidence = ?6, category = ?7,
    message = ?8, detail = ?9, answered_at = ?10, charged = ?11
WHERE member = ?1 AND order_id = ?2";

const BEAT: &str = "
INSERT INTO gateways (owner, seen_at, version) VALUES (?1, ?2, ?3)
ON CONFLICT (owner) DO UPDATE SET seen_at = excluded.seen_at";

/// An order as it stands.
pub(super) fn find(
    connection: &Connection,
    member: &str,
    order_id: &str,
) -> Result<Option<OrderRow>, LedgerError> {
    let mut statement = connection.prepare_cached(FIND)?;
    let row = statement.query_row([member, order_id], order_row);
    Ok(row.optional()?)
}

/// Claims an order, and says whether it is new. What is granted is so once the transaction is
/// durable.
pub(super) fn claim(
    connection: &Connection,
    book: &Book,
    claim: &Claim,
) -> Result<(Claimed, bool), LedgerError> {
    let scribe = book.scribe();
    let day = budgets::day(book, claim, scribe.at);
    let bar = budgets::bar(connection, book, claim, (day.as_ref(), scribe.at))?;
    if let Some(bar) = bar {
        return Ok((barred(connection, book, claim, bar)?, false));
    }
    match take(connection, scribe, claim, day.as_ref())? {
        Some(attempt) => {
            if let Some((caller, day)) = claim.caller.as_ref().zip(day.as_ref()) {
                budgets::count(connection, book, (caller.as_str(), day), 1)?;
            }
            let entry = Entry::claimed(scribe, claim, (attempt, day.as_ref()));
            note(connection, &book.member, &entry)?;
            Ok((Claimed::Granted, attempt == 1))
        }
        None => {
            let record = standing(connection, book, claim)?;
            // What conflicted in this transaction stands in it.
            let record = record.ok_or(LedgerError::WrongState)?;
            Ok((Claimed::Standing(Box::new(record)), false))
        }
    }
}

/// An order that is known is told as it stands, whatever its caller may have sent.
fn barred(
    connection: &Connection,
    book: &Book,
    claim: &Claim,
    bar: Bar,
) -> Result<Claimed, LedgerError> {
    let record = standing(connection, book, claim)?;
    let free = |record: &Record| machine::claimable(&record.state, record.digest, claim.digest);
    Ok(match record {
        Some(record) if !free(&record) => Claimed::Standing(Box::new(record)),
        _ => Claimed::Barred(bar),
    })
}

fn standing(
    connection: &Connection,
    book: &Book,
    claim: &Claim,
) -> Result<Option<Record>, LedgerError> {
    let order_id = claim.attempt.order_id.as_str();
    let row = find(connection, &book.member, order_id)?;
    Ok(row.map(|row| row.record()).transpose()?)
}

fn take(
    connection: &Connection,
    scribe: Scribe<'_>,
    claim: &Claim,
    day: Option<&Day>,
) -> rusqlite::Result<Option<u32>> {
    let row = OrderRow::claimed(claim, scribe.owner, scribe.at, day);
    let [scenario, purpose, agreement, serial] = &row.consent;
    let mut statement = connection.prepare_cached(CLAIM)?;
    let attempt = statement.query_row(
        params![
            scribe.member,
            row.order_id,
            row.owner,
            row.upi_uuid,
            row.jws_sha256,
            row.digest_key,
            row.digest,
            scenario,
            purpose,
            agreement,
            serial,
            row.created_at,
            row.caller,
            row.charged,
        ],
        |row| row.get(0),
    );
    attempt.optional()
}

/// Ends an attempt of this process.
pub(super) fn settle(
    connection: &Connection,
    book: &Book,
    attempt: &Attempt,
    end: &Settlement,
) -> Result<Settled, LedgerError> {
    let row = find(connection, &book.member, attempt.order_id.as_str())?;
    let row = row.filter(|row| row.owner == book.owner && row.upi_uuid == attempt.upi_uuid);
    let row = row.ok_or(LedgerError::WrongState)?;
    let settled = row.settled(end, book.keep_texts)?;
    let settled = settled.ok_or(LedgerError::WrongState)?;
    if settled != Settled::Already {
        write_end(connection, book, (attempt, &row), end)?;
    }
    Ok(settled)
}

fn write_end(
    connection: &Connection,
    book: &Book,
    (attempt, row): (&Attempt, &OrderRow),
    end: &Settlement,
) -> rusqlite::Result<()> {
    let charged = match end {
        Settlement::NotSent => {
            let counted = (row.caller.as_deref(), row.charged.as_deref());
            budgets::give_back(connection, book, counted)?;
            None
        }
        Settlement::Answered(_) | Settlement::OutcomeUnknown => row.charged.as_deref(),
    };
    let (member, order_id) = (&book.member, attempt.order_id.as_str());
    let scribe = book.scribe();
    let answer = AnswerRow::of(end, book.keep_texts);
    let mut statement = connection.prepare_cached(SETTLE)?;
    statement.execute(params![
        member,
        order_id,
        State::from(end.clone()).name(),
        micros(scribe.at),
        answer.code,
        answer.confidence,
        answer.category,
        answer.message,
        answer.detail,
        answer.answered_at,
        charged,
    ])?;
    let entry = Entry::ended(scribe, order_id, &attempt.upi_uuid, end);
    note(connection, member, &entry)
}

/// A sign of life.
pub(super) fn beat(connection: &Connection, book: &Book) -> Result<(), LedgerError> {
    let mut statement = connection.prepare_cached(BEAT)?;
    let version = env!("CARGO_PKG_VERSION");
    statement.execute(params![book.owner, micros(book.now()), version])?;
    Ok(())
}
