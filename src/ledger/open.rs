//! Opens the engine that a location names.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::archive::Archive;
use super::fingerprint::{FingerprintKey, Fingerprinter};
use super::memory::MemoryLedger;
use super::settings::Location;
use super::sqlite;
use crate::domain::Secret;
use crate::observe::{Nobody, Observer};
use crate::verify::port::{Cause, Clock, Ledger};

/// What is set of a ledger.
pub struct Settings {
    /// Where orders are remembered.
    pub location: Location,
    /// IIN of the member on whose behalf orders are sent.
    pub member: String,
    /// For one step.
    pub timeout: Duration,
    /// After this an order in flight of another gateway is given up: longer than UPI is waited for.
    pub sweep_after: Duration,
    /// Whether UPI's texts are recorded.
    pub keep_texts: bool,
    /// Keys of digests, that of new rows first.
    pub keys: Vec<FingerprintKey>,
    /// The way to PostgreSQL.
    pub postgres: PostgresSettings,
}

/// The way to PostgreSQL, but for its URL.
pub struct PostgresSettings {
    /// Whose user the URL names.
    pub password: Option<Secret<String>>,
    /// The only authorities of its certificate, PEM; without them the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// Whether it has to speak TLS.
    pub tls: bool,
    /// So many connections at most.
    pub connections: usize,
}

/// A ledger that is open.
pub struct Opened {
    /// For calls.
    pub ledger: Arc<dyn Ledger>,
    /// For operators; the ledger in memory has none.
    pub archive: Option<Arc<dyn Archive>>,
}

/// Why a ledger cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The operating system gave no random bytes for the key of digests.
    #[error("no key of digests can be made")]
    Random(#[from] getrandom::Error),
    /// The engine refuses.
    #[error("the ledger cannot be opened")]
    Engine(#[source] Cause),
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
        Location::Sqlite(path) => {
            let file = sqlite::open(file(path, settings, (clock, observer))).await;
            let (ledger, archive) = file.map_err(|error| OpenError::Engine(Arc::new(error)))?;
            Ok(Opened {
                ledger,
                archive: Some(archive),
            })
        }
        Location::Postgres(_) => Err(OpenError::Engine(Arc::new(std::io::Error::from(
            std::io::ErrorKind::Unsupported,
        )))),
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
            let file = file(path, settings, (clock, &observer));
            let archive = sqlite::open_archive(file, migrated).await;
            let archive = archive.map_err(|error| OpenError::Engine(Arc::new(error)))?;
            Ok(Some(archive))
        }
        Location::Postgres(_) => Err(OpenError::Engine(Arc::new(std::io::Error::from(
            std::io::ErrorKind::Unsupported,
        )))),
    }
}

fn file(
    path: &Path,
    settings: &Settings,
    (clock, observer): (&Arc<dyn Clock>, &Arc<dyn Observer>),
) -> sqlite::Settings {
    sqlite::Settings {
        path: path.to_owned(),
        member: settings.member.clone(),
        timeout: settings.timeout,
        keep_texts: settings.keep_texts,
        keys: settings.keys.clone(),
        clock: Arc::clone(clock),
        observer: Arc::clone(observer),
    }
}
