//! The schema: made by `idphoto ledger migrate` alone, since a replica that starts with a newer
//! program must not take it from those that still run.

use refinery::{Migration, Runner};

use super::Refusal;
use super::certainty::Fault;
use super::connections::Connections;

/// All there are, by name and text.
const MIGRATIONS: [(&str, &str); 4] = [
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
    (
        "V4__budgets",
        include_str!("../../../migrations/postgres/V4__budgets.sql"),
    ),
];

/// The version that this program knows.
pub const KNOWN: i64 = 4;

/// SQLSTATE of a table that is not there.
const UNDEFINED_TABLE: &str = "42P01";

/// Brings the schema to the version that this program knows; how many steps there were.
///
/// # Errors
/// It is a newer one, or the engine fails.
pub async fn migrate(connections: &Connections) -> Result<usize, Refusal> {
    let mut client = connections.one().await?;
    let runner = runner()?;
    let report = runner.run_async(&mut **client).await.map_err(Box::new)?;
    Ok(report.applied_migrations().len())
}

fn runner() -> Result<Runner, Refusal> {
    let migrations: Result<Vec<_>, _> = MIGRATIONS
        .iter()
        .map(|(name, sql)| Migration::unapplied(name, sql))
        .collect();
    // In one transaction: two at once end with one of them refused.
    Ok(Runner::new(&migrations.map_err(Box::new)?).set_grouped(true))
}

/// A schema as an older program made it.
#[cfg(test)]
pub async fn migrate_to(settings: &crate::ledger::Settings, version: i32) {
    let connections = super::pool(settings, None, super::PATIENCE).unwrap();
    let mut client = connections.one().await.unwrap();
    let target = refinery::Target::Version(version);
    let runner = runner().unwrap().set_target(target);
    runner.run_async(&mut **client).await.unwrap();
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
