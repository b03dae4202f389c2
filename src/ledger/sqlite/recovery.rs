//! What a dead process left in flight. The lock is ours, so nobody who lives sends any of it.

use rusqlite::{Connection, Result, TransactionBehavior, params};

use super::book::{Book, note};
use crate::ledger::journal::{Entry, Scribe, micros};
use crate::verify::port::{Settlement, State};

/// So many in one transaction.
const BATCH: u32 = 256;

const LEFT: &str = "SELECT member, order_id, upi_uuid FROM orders WHERE state = 'SENDING' LIMIT ?1";

const GIVE_UP: &str = "
UPDATE orders SET state = ?3, updated_at = ?4 WHERE member = ?1 AND order_id = ?2";

struct Left {
    member: String,
    order_id: String,
    upi_uuid: String,
}

/// Makes it OUTCOME_UNKNOWN: it may have been sent. How many orders there were.
pub(super) fn recover(connection: &mut Connection, book: &Book) -> Result<u64> {
    let mut orders = 0;
    loop {
        let done = recover_some(connection, book)?;
        orders += u64::from(done);
        if done < BATCH {
            return Ok(orders);
        }
    }
}

fn recover_some(connection: &mut Connection, book: &Book) -> Result<u32> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let all = left(&transaction)?;
    for order in &all {
        give_up(&transaction, book, order)?;
    }
    transaction.commit()?;
    Ok(all.len().try_into().unwrap_or(BATCH))
}

fn left(connection: &Connection) -> Result<Vec<Left>> {
    let mut statement = connection.prepare_cached(LEFT)?;
    let rows = statement.query_map([BATCH], |row| {
        Ok(Left {
            member: row.get(0)?,
            order_id: row.get(1)?,
            upi_uuid: row.get(2)?,
        })
    })?;
    rows.collect()
}

fn give_up(connection: &Connection, book: &Book, order: &Left) -> Result<()> {
    let Left {
        member,
        order_id,
        upi_uuid,
    } = order;
    let scribe = Scribe {
        member,
        ..book.scribe()
    };
    let mut statement = connection.prepare_cached(GIVE_UP)?;
    let (state, at) = (State::OutcomeUnknown.name(), micros(scribe.at));
    statement.execute(params![member, order_id, state, at])?;
    let entry = Entry::ended(scribe, order_id, upi_uuid, &Settlement::OutcomeUnknown);
    note(connection, member, &entry)
}
