//! What there is to say of a ledger before a gateway works with it. Nothing is written.

use std::sync::Arc;

pub use super::remark::{Grade, Remark};
use super::settings::{Location, Settings};
use super::{postgres, sqlite};
use crate::verify::port::Clock;

/// Looks at the engine, its schema, who may write, and whether what it confirms lasts. PostgreSQL
/// is asked only if it may be `reached`; `keyed` says that keys of digests are configured.
pub async fn examine(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    (reached, keyed): (bool, bool),
) -> Vec<Remark> {
    match &settings.location {
        Location::Memory => {
            let text =
                "forgets all orders when the gateway ends: each could be sent and charged again";
            let advice = "name a SQLite file or a PostgreSQL database";
            vec![Remark::doubt(text, advice)]
        }
        Location::Sqlite(path) => sqlite::examine(path, settings, (clock, keyed)).await,
        Location::Postgres(_) if reached => postgres::examine(settings).await,
        Location::Postgres(_) => {
            vec![Remark::good(
                "names a PostgreSQL database; --network looks at it, too",
            )]
        }
    }
}
