//! What goes wrong with a file, and what is certain then.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::ledger::row::Damaged;
use crate::verify::port::{Cause, LedgerError};

/// Why a file cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(in crate::ledger) enum StartError {
    /// The directory that it is to be in is not there.
    #[error("{0} is no directory: make it, or set another path in ledger.url")]
    NoDirectory(PathBuf),
    /// The path names no file.
    #[error("{0} is no path of a file")]
    NoFile(PathBuf),
    /// Locks and shared memory do not work there.
    #[error("{path} is on a network file system ({kind}), on which SQLite loses data")]
    Network {
        /// The file.
        path: PathBuf,
        /// Its file system.
        kind: &'static str,
    },
    /// Another gateway has it open.
    #[error("{0} is held by another gateway: one file is for one gateway alone")]
    Locked(PathBuf),
    /// A newer program wrote it.
    #[error("{path} has schema {found}, and this program knows {known}: run the newer program")]
    Newer {
        /// The file.
        path: PathBuf,
        /// What was found.
        found: i32,
        /// The newest that is known.
        known: i32,
    },
    /// It holds something else.
    #[error("{0} is no ledger: it is a database of another program")]
    Foreign(PathBuf),
    /// It is damaged.
    #[error("{0} is damaged: {1}")]
    Damaged(PathBuf, String),
    /// Its orders were recorded under a key that is gone.
    #[error(
        "{0} is missing, and the ledger has orders, whose contents cannot be told apart without it: \
         put it back, or name its copy in ledger.fingerprint_key_files"
    )]
    NoKey(PathBuf),
    /// A key file that holds something else.
    #[error("{0} is not 64 hex digits")]
    BadKey(PathBuf),
    /// The operating system gave no random bytes.
    #[error("no random bytes")]
    Random(#[from] getrandom::Error),
    /// The operating system refuses.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] io::Error),
    /// SQLite refuses.
    #[error("{0}: {1}")]
    Sqlite(PathBuf, #[source] rusqlite::Error),
    /// The file is not there, or has an older schema, and is not to be changed.
    #[error("{0} has no ledger of this program's schema; `idphoto ledger migrate` makes it")]
    Older(PathBuf),
    /// A thread ended before its time.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// The schema cannot be brought up to date.
    #[error("{0}: {1}")]
    Schema(PathBuf, #[source] refinery::Error),
}

/// Runs what waits for a disk beside the calls.
pub(super) async fn blocking<T: Send + 'static, E: From<Gone> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    let task = tokio::task::spawn_blocking(work);
    task.await.unwrap_or_else(|_| Err(Gone.into()))
}

/// A thread of the engine ended before its time.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a thread of the ledger is gone")]
pub(in crate::ledger) struct Gone;

impl From<Gone> for LedgerError {
    fn from(gone: Gone) -> Self {
        Self::Uncertain(Arc::new(gone))
    }
}

/// Whether an error, its causes aside, says that a file does not hold what was written to it.
pub(in crate::ledger) fn tells_damage(error: &(dyn Error + 'static)) -> bool {
    if matches!(error.downcast_ref(), Some(StartError::Damaged(..))) {
        return true;
    }
    let error = error.downcast_ref::<rusqlite::Error>();
    let code = error.and_then(rusqlite::Error::sqlite_error_code);
    matches!(
        code,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Certainly nothing was written.
pub(super) fn failed(error: impl Error + Send + Sync + 'static) -> LedgerError {
    LedgerError::Engine(Arc::new(error))
}

impl From<Damaged> for LedgerError {
    fn from(error: Damaged) -> Self {
        failed(error)
    }
}

impl From<rusqlite::Error> for LedgerError {
    /// Of anything but a COMMIT: a transaction that did not come to that leaves nothing.
    fn from(error: rusqlite::Error) -> Self {
        failed(error)
    }
}

/// What a COMMIT that failed leaves. A full disk refuses the last page, without which the log has
/// no transaction; after anything else nobody can tell whether that page is on disk.
pub(super) fn uncommitted(error: rusqlite::Error) -> LedgerError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull | ErrorCode::ReadOnly) => failed(error),
        _ => LedgerError::Uncertain(Arc::new(error)),
    }
}

/// Whether a connection that met this is better closed.
pub(super) fn breaks_connection(error: &LedgerError) -> bool {
    let cause: &Cause = match error {
        LedgerError::Engine(cause) | LedgerError::Uncertain(cause) => cause,
        LedgerError::WrongState => return false,
    };
    let error = cause.downcast_ref::<rusqlite::Error>();
    let code = error.and_then(rusqlite::Error::sqlite_error_code);
    code.is_some_and(|code| {
        !matches!(
            code,
            ErrorCode::ConstraintViolation
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::TooBig
                | ErrorCode::TypeMismatch
        )
    })
}
