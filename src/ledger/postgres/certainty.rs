//! What is certain of a statement that failed.

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity};

/// What is certain of a statement that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// It was not written, and would not be the next time.
    Refused,
    /// It was not written, and may be tried again.
    Again,
    /// Nobody knows.
    Lost,
}

/// Why PostgreSQL did not do as asked. What it says in `DETAIL` stays out: it quotes rows.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It said no.
    #[error("PostgreSQL: {message} (SQLSTATE {code})")]
    Said {
        /// Its SQLSTATE.
        code: String,
        /// Its first line.
        message: String,
    },
    /// No word of it.
    #[error("no connection to PostgreSQL")]
    Connection(#[source] Error),
    /// All connections are taken, or none comes about.
    #[error("no connection to PostgreSQL came about within ledger.timeout")]
    NoConnection,
    /// It took too long.
    #[error("PostgreSQL took longer than ledger.timeout")]
    TooSlow,
    /// The pool itself.
    #[error("the pool of connections failed")]
    Pool,
    /// Somebody else changed the order all the time.
    #[error("the order did not hold still within ledger.timeout")]
    Restless,
    /// It holds what no gateway wrote.
    #[error(transparent)]
    Damaged(#[from] crate::ledger::Damaged),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error.as_db_error() {
            Some(said) => Self::Said {
                code: said.code().code().to_owned(),
                message: said.message().to_owned(),
            },
            None => Self::Connection(error),
        }
    }
}

/// Of a statement that was a transaction of its own.
pub fn certainty(error: &Error) -> Certainty {
    let Some(said) = error.as_db_error() else {
        return Certainty::Lost;
    };
    let code = said.code().code();
    // An error ends the transaction. What ends the session may come while it waits for its
    // standby, when it is written; 40003 says that nobody knows.
    if !is_error(said) || code == "40003" || code.starts_with("08") || code.starts_with("57P0") {
        return Certainty::Lost;
    }
    match code.get(..2) {
        // Distributed engines want a transaction again that met another one.
        Some("40") => Certainty::Again,
        _ => Certainty::Refused,
    }
}

/// Of a connection that did not come about.
pub fn of_connecting(error: &Error) -> Certainty {
    match error.code().map(|code| code.code().get(..2)) {
        // Starting, ending, or full.
        Some(Some("57" | "53" | "08")) | None => Certainty::Again,
        // Wrong user, password or database.
        Some(_) => Certainty::Refused,
    }
}

fn is_error(said: &DbError) -> bool {
    match said.parsed_severity() {
        Some(severity) => severity == Severity::Error,
        None => said.severity() == "ERROR",
    }
}
