//! Connections to the file, all set alike.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Result};

/// A commit is on disk when it returns.
const SYNCHRONOUS: &str = "FULL";

/// So many pages of the log are moved into the database at once: rarely enough that few commits
/// wait for it.
const CHECKPOINT_PAGES: u32 = 4000;

/// The log is cut back to this after it grew.
const LOG_LIMIT: u32 = 64 << 20;

/// In units of 1024 bytes.
const CACHE: i32 = -16_000;

/// More than the engine has statements.
const STATEMENTS: usize = 64;

/// Opens a file that exists. It waits so long for an operator's command that writes.
pub(super) fn open(path: &Path, wait: Duration) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(wait)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(rusqlite::Error::InvalidParameterName(mode));
    }
    connection.pragma_update(None, "synchronous", SYNCHRONOUS)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", LOG_LIMIT)?;
    connection.pragma_update(None, "cache_size", CACHE)?;
    connection.pragma_update(None, "secure_delete", "FAST")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// The same, which cannot write.
pub(super) fn open_to_read(path: &Path, wait: Duration) -> Result<Connection> {
    let connection = open(path, wait)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}
