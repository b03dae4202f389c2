//! Connections to PostgreSQL, and what is certain when one fails.
//!
//! Every statement is a transaction of its own, unnamed, and one round trip: it needs nothing of
//! the session, so it runs behind a proxy that pools transactions, and no lock outlives it, even
//! when its gateway is frozen.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Client, Manager, Object, Pool, PoolError, Runtime};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_postgres::Row;

use super::certainty::{Certainty, Fault, certainty, of_connecting};
use super::parameters::Parameter;
use crate::crash;
use crate::verify::port::LedgerError;

/// Between two tries of a statement; twice as long each time, up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_millis(500);

/// A pool of connections.
pub struct Connections {
    pool: Pool,
    limit: Duration,
}

impl Connections {
    /// At most `size` of them; a step takes no longer than `limit`.
    ///
    /// # Errors
    /// Never with a runtime.
    pub fn new(manager: Manager, size: usize, limit: Duration) -> Result<Self, Fault> {
        let pool = Pool::builder(manager)
            .max_size(size)
            .runtime(Runtime::Tokio1)
            .build();
        let pool = pool.map_err(|_| Fault::Pool)?;
        Ok(Self { pool, limit })
    }

    /// A connection for who needs more than statements.
    ///
    /// # Errors
    /// None comes about in time.
    pub async fn one(&self) -> Result<Client, Fault> {
        match timeout_at(Instant::now() + self.limit, self.pool.get()).await {
            Ok(Ok(client)) => Ok(client),
            Ok(Err(PoolError::Backend(error))) => Err(error.into()),
            Ok(Err(_)) => Err(Fault::Pool),
            Err(_) => Err(Fault::NoConnection),
        }
    }

    /// The beginning of a step.
    pub fn step(&self) -> Step<'_> {
        Step {
            pool: &self.pool,
            by: Instant::now() + self.limit,
            doubt: false,
        }
    }
}

/// Statements that have a time limit together.
pub struct Step<'a> {
    pool: &'a Pool,
    by: Instant,
    /// Whether one of them may have been written although nobody heard of it.
    doubt: bool,
}

/// One try that failed.
struct Failed {
    certainty: Certainty,
    fault: Fault,
}

impl Step<'_> {
    /// Reads.
    ///
    /// # Errors
    /// The engine failed.
    pub async fn read(
        &mut self,
        sql: &str,
        with: &[Parameter<'_>],
    ) -> Result<Vec<Row>, LedgerError> {
        self.insist(sql, with, false).await
    }

    /// Writes, and tells how many rows there were. A connection that is lost makes it try again,
    /// so the statement must do no harm twice.
    ///
    /// # Errors
    /// The engine failed, or cannot say whether it wrote.
    pub async fn write(&mut self, sql: &str, with: &[Parameter<'_>]) -> Result<usize, LedgerError> {
        crash::point("ledger-beginning");
        let rows = self.insist(sql, with, true).await?;
        crash::point("ledger-committed");
        Ok(rows.len())
    }

    /// Writes once: for what tells whether the engine works now, and for what would do harm twice.
    ///
    /// # Errors
    /// As for [`Step::write`].
    pub async fn write_once(
        &mut self,
        sql: &str,
        with: &[Parameter<'_>],
    ) -> Result<usize, LedgerError> {
        match self.once(sql, with).await {
            Ok(rows) => Ok(rows.len()),
            Err(failed) => {
                self.doubt |= failed.certainty == Certainty::Lost;
                Err(self.error(failed.fault))
            }
        }
    }

    /// When it is over.
    pub const fn by(&self) -> Instant {
        self.by
    }

    /// A word of the engine that counts only if nothing may be written that nobody heard of.
    ///
    /// # Errors
    /// Something may.
    pub fn certainly<T>(&self, word: T, fault: Fault) -> Result<T, LedgerError> {
        match self.doubt {
            true => Err(self.error(fault)),
            false => Ok(word),
        }
    }

    /// Whether anything can still be tried.
    pub fn has_time(&self) -> bool {
        Instant::now() < self.by
    }

    /// Why it failed, and what is certain.
    pub fn error(&self, fault: Fault) -> LedgerError {
        let cause = Arc::new(fault);
        match self.doubt {
            true => LedgerError::Uncertain(cause),
            false => LedgerError::Engine(cause),
        }
    }

    async fn insist(
        &mut self,
        sql: &str,
        with: &[Parameter<'_>],
        writes: bool,
    ) -> Result<Vec<Row>, LedgerError> {
        let mut pause = FIRST_PAUSE;
        loop {
            let failed = match self.once(sql, with).await {
                Ok(rows) => return Ok(rows),
                Err(failed) => failed,
            };
            self.doubt |= writes && failed.certainty == Certainty::Lost;
            let next = Instant::now() + pause;
            if failed.certainty == Certainty::Refused || next >= self.by {
                return Err(self.error(failed.fault));
            }
            sleep_until(next).await;
            pause = LAST_PAUSE.min(pause * 2);
        }
    }

    async fn once(&self, sql: &str, with: &[Parameter<'_>]) -> Result<Vec<Row>, Failed> {
        let lease = self.connect().await?;
        crash::point("ledger-committing");
        let result = timeout_at(self.by, lease.client()?.query_typed(sql, with)).await;
        let failed = match result {
            Ok(Ok(rows)) => {
                lease.give_back();
                return Ok(rows);
            }
            Ok(Err(error)) => Failed {
                certainty: certainty(&error),
                fault: error.into(),
            },
            Err(_) => Failed {
                certainty: Certainty::Lost,
                fault: Fault::TooSlow,
            },
        };
        if failed.certainty == Certainty::Again {
            lease.give_back();
        }
        Err(failed)
    }

    async fn connect(&self) -> Result<Lease, Failed> {
        let failed = match timeout_at(self.by, self.pool.get()).await {
            Ok(Ok(client)) => return Ok(Lease(Some(client))),
            Ok(Err(PoolError::Backend(error))) => Failed {
                certainty: of_connecting(&error),
                fault: error.into(),
            },
            Ok(Err(_)) => Failed {
                certainty: Certainty::Refused,
                fault: Fault::Pool,
            },
            Err(_) => Failed {
                certainty: Certainty::Refused,
                fault: Fault::NoConnection,
            },
        };
        Err(failed)
    }
}

/// A connection that is closed, and not used again, unless its statement came to an end: nobody
/// knows what one is good for on which somebody gave up.
struct Lease(Option<Client>);

impl Lease {
    fn client(&self) -> Result<&Client, Failed> {
        // Only its end empties it.
        self.0.as_ref().ok_or(Failed {
            certainty: Certainty::Refused,
            fault: Fault::Pool,
        })
    }

    fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
    }
}
