//! The schema, and how it comes into a file.

use std::path::Path;

use rusqlite::Connection;

use super::error::StartError;

// What the macro writes is not ours.
#[allow(missing_docs, clippy::unwrap_used)]
mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}

/// Says in the file's header whose it is: "idph".
const APPLICATION: i32 = 0x6964_7068;

/// The newest version that this program knows.
pub(super) fn known() -> i32 {
    let runner = embedded::migrations::runner();
    let versions = runner.get_migrations().iter().map(|it| it.version());
    versions.max().unwrap_or_default()
}

/// The version of a file; 0 without one.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i32> {
    let history = "SELECT count(*) FROM sqlite_schema WHERE name = 'refinery_schema_history'";
    let has_history: bool = connection.query_row(history, [], |row| row.get(0))?;
    if !has_history {
        return Ok(0);
    }
    let version = "SELECT coalesce(max(version), 0) FROM refinery_schema_history";
    connection.query_row(version, [], |row| row.get(0))
}

/// Refuses a file of another program or of a newer one, and brings any other up to date.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StartError> {
    judge(connection, path)?;
    let runner = embedded::migrations::runner().set_grouped(true);
    let done = runner.run(connection);
    done.map_err(|error| StartError::Schema(path.to_owned(), error))?;
    Ok(())
}

/// Refuses a file of another program or of a newer one.
pub(super) fn judge(connection: &Connection, path: &Path) -> Result<(), StartError> {
    let sqlite = |error| StartError::Sqlite(path.to_owned(), error);
    let application: i32 = connection
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .map_err(sqlite)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(sqlite)?;
    if tables > 0 && application != APPLICATION {
        return Err(StartError::Foreign(path.to_owned()));
    }
    let (found, known) = (version(connection).map_err(sqlite)?, known());
    if found > known {
        let path = path.to_owned();
        return Err(StartError::Newer { path, found, known });
    }
    Ok(())
}

/// A file as version 1 made it.
#[cfg(test)]
pub(super) fn version_1(connection: &mut Connection) {
    let runner = embedded::migrations::runner().set_target(refinery::Target::Version(1));
    runner.run(connection).unwrap();
}
