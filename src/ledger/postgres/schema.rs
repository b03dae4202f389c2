//! The schema: made by `idphoto ledger migrate` alone, since a replica that starts with a newer
//! program must not take it from those that still run.

use refinery::{Migration, Runner};

use super::Refusal;
use super::certainty::Fault;
use super::connections::Connections;

/// All there are, by name and text.
const MIGRATIONS: [(&str, &str); 3] = [
    (
        "V1__orders",
        include_str!("../../../migrations/postgres/V1__orders.sql"),
    ),
    (
        "V2__signed",
        include_str!("../../../migrations/postgres/V2__signed.sql"),
    ),
    (
        "V3__callers",
        include_str!("../../../migrations/postgres/V3__callers.sql"),
    ),
];

/// The version that this program knows.
pub const KNOWN: i64 = 3;

/// SQLSTATE of a table that is not there.
const UNDEFINED_TABLE: &str = "42P01";

/// Brings the schema to the version that this program knows; how many steps there were.
///
/// # Errors
/// It is a newer one, or the engine fails.
pub async fn migrate(connections: &Connections) -> Result<usize, Refusal> {
    let mut client = connections.one().await?;
    let migrations: Result<Vec<_>, _> = MIGRATIONS
        .iter()
        .map(|(name, sql)| Migration::unapplied(name, sql))
        .collect();
    // In one transaction: two at once end with one of them refused.
    let runner = Runner::new(&migrations.map_err(Box::new)?).set_grouped(true);
    let report = runner.run_async(&mut **client).await.map_err(Box::new)?;
    Ok(report.applied_migrations().len())
}

/// Whether the schema is the one that this program knows.
///
/// # Errors
/// It is not, or the engine fails.
pub async fn check(connections: &Connections) -> Result<(), Refusal> {
    match version(connections).await? {
        None => Err(Refusal::NoSchema),
        Some(found) if found < KNOWN => Err(Refusal::OldSchema { found }),
        Some(found) if found > KNOWN => Err(Refusal::NewSchema { found }),
        Some(_) => Ok(()),
    }
}

/// The version of the schema; `None` where there is none.
///
/// # Errors
/// The engine fails.
pub async fn version(connections: &Connections) -> Result<Option<i64>, Refusal> {
    let client = connections.one().await?;
    let sql = "SELECT max(version)::bigint FROM refinery_schema_history";
    match client.query_typed(sql, &[]).await {
        Ok(rows) => Ok(rows.first().and_then(|row| row.try_get(0).ok())),
        Err(error) if error.code().is_some_and(|it| it.code() == UNDEFINED_TABLE) => Ok(None),
        Err(error) => Err(Fault::from(error).into()),
    }
}
