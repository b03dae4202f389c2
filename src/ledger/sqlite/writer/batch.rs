//! One transaction for many changes, each of which stands or falls alone until the commit.

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::crash;
use crate::ledger::sqlite::error::uncommitted;
use crate::verify::port::LedgerError;

/// A change, and who waits for it.
pub(super) trait Job: Send {
    /// Whether anybody still waits.
    fn is_wanted(&self) -> bool;

    /// Makes the change; what it led to is kept until the commit.
    fn run(&mut self, connection: &Connection) -> Result<(), ()>;

    /// Why it was not made.
    fn error(&self) -> Option<&LedgerError>;

    /// Answers, as the commit went.
    fn reply(self: Box<Self>, fate: Result<(), LedgerError>);
}

/// A change as its caller sees it.
pub(super) struct Order<T, W> {
    work: Option<W>,
    done: Option<Result<T, LedgerError>>,
    reply: oneshot::Sender<Result<T, LedgerError>>,
}

impl<T, W> Order<T, W> {
    /// Not made yet.
    pub fn new(work: W, reply: oneshot::Sender<Result<T, LedgerError>>) -> Self {
        Self {
            work: Some(work),
            done: None,
            reply,
        }
    }
}

impl<T, W> Job for Order<T, W>
where
    T: Send,
    W: FnOnce(&Connection) -> Result<T, LedgerError> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run(&mut self, connection: &Connection) -> Result<(), ()> {
        self.done = self.work.take().map(|work| work(connection));
        self.error().map_or(Ok(()), |_| Err(()))
    }

    fn error(&self) -> Option<&LedgerError> {
        self.done.as_ref()?.as_ref().err()
    }

    fn reply(self: Box<Self>, fate: Result<(), LedgerError>) {
        // What failed by itself wrote nothing, however the others fared.
        let result = match (fate, self.done) {
            (Ok(()), Some(done)) | (Err(_), Some(done @ Err(_))) => done,
            (Err(error), _) => Err(error),
            (Ok(()), None) => return,
        };
        // Who waited may have left.
        let _ = self.reply.send(result);
    }
}

/// Makes the changes durable, all but those that fail by themselves.
///
/// # Errors
/// None is; [`LedgerError::Uncertain`] when that cannot be told.
pub(super) fn write(connection: &Connection, jobs: &mut [Box<dyn Job>]) -> Result<(), LedgerError> {
    if jobs.is_empty() {
        return Ok(());
    }
    crash::point("ledger-beginning");
    run(connection, "BEGIN IMMEDIATE")?;
    let changed = change(connection, jobs);
    crash::point("ledger-committing");
    let committed = changed.and_then(|()| run(connection, "COMMIT").map_err(uncommitted));
    if committed.is_err() && !connection.is_autocommit() {
        // If even this fails, the connection is closed, which ends the transaction, too.
        let _ = run(connection, "ROLLBACK");
    }
    crash::point("ledger-committed");
    committed
}

fn change(connection: &Connection, jobs: &mut [Box<dyn Job>]) -> Result<(), LedgerError> {
    for job in jobs {
        run(connection, "SAVEPOINT job")?;
        if job.run(connection).is_err() {
            if connection.is_autocommit() {
                // SQLite itself ended the transaction, and with it the changes before.
                let error = job.error().cloned();
                return Err(error.unwrap_or(LedgerError::WrongState));
            }
            run(connection, "ROLLBACK TO job")?;
        }
        run(connection, "RELEASE job")?;
    }
    Ok(())
}

fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests;
