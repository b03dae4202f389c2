//! What operators do with a ledger as a whole: beside gateways, and without taking their place.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use super::archive::Archive;
use super::row::Damaged;
use super::settings::{Location, OpenError, Settings};
use super::sqlite;
use crate::verify::port::LedgerError;

/// Keeps gateways away, where the engine can, for as long as it lives.
pub struct Rest {
    _lock: Option<sqlite::Lock>,
}

/// Why a ledger has no rest.
#[derive(Debug, thiserror::Error)]
pub enum Unrest {
    /// A gateway works with it.
    #[error("a gateway uses this ledger, or did within the last minute")]
    InUse,
    /// Nobody can tell.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Nobody can tell.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Says that no gateway works with a ledger. A SQLite file is locked; the gateways of a PostgreSQL
/// database are those that gave a sign of life within a minute.
///
/// # Errors
/// One does, or nobody can tell.
pub async fn rest(settings: &Settings, archive: &dyn Archive) -> Result<Rest, Unrest> {
    if let Location::Sqlite(path) = &settings.location {
        return match sqlite::Lock::of(path) {
            Ok(lock) => Ok(Rest { _lock: Some(lock) }),
            Err(sqlite::StartError::Locked(_)) => Err(Unrest::InUse),
            Err(error) => Err(OpenError::Engine(Arc::new(error)).into()),
        };
    }
    match archive.stats().await?.gateways {
        0 => Ok(Rest { _lock: None }),
        _ => Err(Unrest::InUse),
    }
}

/// Pages that are done, and those that there are.
pub type Pages = Box<dyn Fn(u64, u64) + Send>;

/// Writes a SQLite ledger, as it stands now, to a new file, for its owner alone; a gateway may work
/// on meanwhile. What an error leaves of the file is not whole.
///
/// # Errors
/// The engine refuses, or is another one.
pub async fn back_up(settings: &Settings, to: PathBuf, told: Pages) -> Result<(), OpenError> {
    match &settings.location {
        Location::Sqlite(path) => sqlite::back_up(path.clone(), to, settings.timeout, told)
            .await
            .map_err(|error| OpenError::Engine(Arc::new(error))),
        Location::Memory | Location::Postgres(_) => Err(OpenError::Engine(Arc::new(
            std::io::Error::from(std::io::ErrorKind::Unsupported),
        ))),
    }
}

/// Whether an error says that the data are damaged, and not that they cannot be reached.
#[must_use]
pub fn tells_damage(error: &(dyn Error + 'static)) -> bool {
    let mut error = Some(error);
    while let Some(cause) = error {
        if cause.is::<Damaged>() || sqlite::tells_damage(cause) {
            return true;
        }
        // An Arc is an error of its own, and hides what is in it.
        error = match cause.downcast_ref::<LedgerError>() {
            Some(LedgerError::Engine(cause) | LedgerError::Uncertain(cause)) => Some(&**cause),
            _ => match cause.downcast_ref::<OpenError>() {
                Some(OpenError::Engine(cause)) => Some(&**cause),
                _ => cause.source(),
            },
        };
    }
    false
}
