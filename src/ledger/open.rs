//! Opens the engine that a location names.

use std::sync::Arc;

use super::archive::Archive;
use super::fingerprint::Fingerprinter;
use super::memory::MemoryLedger;
use super::postgres::Postgres;
use super::settings::{Location, OpenError, Settings};
use super::sqlite;
use crate::observe::{Nobody, Observer};
use crate::verify::port::{Clock, Ledger};

/// A ledger that is open.
pub struct Opened {
    /// For calls.
    pub ledger: Arc<dyn Ledger>,
    /// For operators; the ledger in memory has none.
    pub archive: Option<Arc<dyn Archive>>,
}

/// Opens a ledger: its schema is there, and nobody else's orders are touched.
///
/// # Errors
/// The engine refuses.
pub async fn open(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    observer: &Arc<dyn Observer>,
) -> Result<Opened, OpenError> {
    match &settings.location {
        Location::Memory => {
            let fingerprinter = match settings.keys.split_first() {
                Some((current, older)) => Fingerprinter::new(current.clone(), older.to_vec()),
                None => Fingerprinter::ephemeral()?,
            };
            Ok(Opened {
                ledger: Arc::new(
                    MemoryLedger::new(Arc::clone(clock), fingerprinter)
                        .counting_in(settings.calendar.clone()),
                ),
                archive: None,
            })
        }
        Location::Sqlite(path) => {
            let file = sqlite::open(sqlite::Settings::of(path, settings, (clock, observer))).await;
            let (ledger, archive) = file.map_err(|error| OpenError::Engine(Arc::new(error)))?;
            Ok(Opened {
                ledger,
                archive: Some(archive),
            })
        }
        Location::Postgres(_) => {
            let database = Arc::new(Postgres::open(settings, clock, observer).await?);
            Ok(Opened {
                ledger: Arc::clone(&database) as _,
                archive: Some(database),
            })
        }
    }
}

/// Opens a ledger for an operator's command, beside the gateways that have it open: nothing is
/// given up, and no key is made. `None` for the ledger in memory.
///
/// # Errors
/// The engine refuses; a ledger that is not there yet, too, unless its schema is to be `migrated`.
pub async fn open_archive(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    migrated: bool,
) -> Result<Option<Arc<dyn Archive>>, OpenError> {
    match &settings.location {
        Location::Memory => Ok(None),
        Location::Sqlite(path) => {
            let observer: Arc<dyn Observer> = Arc::new(Nobody);
            let file = sqlite::Settings::of(path, settings, (clock, &observer));
            let archive = sqlite::open_archive(file, migrated).await;
            let archive = archive.map_err(|error| OpenError::Engine(Arc::new(error)))?;
            Ok(Some(archive))
        }
        Location::Postgres(_) => {
            let database = Postgres::open_archive(settings, clock, migrated).await?;
            Ok(Some(Arc::new(database)))
        }
    }
}
