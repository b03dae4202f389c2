//! Opens the engine that a location names.

use std::sync::Arc;
use std::time::Duration;

use super::archive::Archive;
use super::fingerprint::{FingerprintKey, Fingerprinter};
use super::memory::MemoryLedger;
use super::settings::Location;
use crate::domain::Secret;
use crate::observe::Observer;
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
    _observer: &Arc<dyn Observer>,
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
        Location::Sqlite(_) | Location::Postgres(_) => Err(OpenError::Engine(Arc::new(
            std::io::Error::from(std::io::ErrorKind::Unsupported),
        ))),
    }
}
