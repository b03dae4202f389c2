//! Opens the engine that a location names.

use std::sync::Arc;

use super::archive::Archive;
use super::fingerprint::Fingerprinter;
use super::memory::MemoryLedger;
use super::postgres::Postgres;
use super::settings::{Location, OpenError, Settings};
use crate::observe::Observer;
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
                ledger: Arc::new(MemoryLedger::new(Arc::clone(clock), fingerprinter)),
                archive: None,
            })
        }
        Location::Postgres(_) => {
            let ledger = Arc::new(Postgres::open(settings, clock, observer).await?);
            Ok(Opened {
                ledger,
                archive: None,
            })
        }
        Location::Sqlite(_) => Err(OpenError::Engine(Arc::new(std::io::Error::from(
            std::io::ErrorKind::Unsupported,
        )))),
    }
}
