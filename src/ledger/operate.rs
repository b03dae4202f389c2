//! Opens a ledger for those who run gateways: beside them, and without taking their place.

use std::path::PathBuf;
use std::sync::Arc;

use super::archive::Archive;
use super::open::{OpenError, Settings};
use super::settings::Location;
use crate::verify::port::Clock;

/// What a command wants of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Only to read it.
    Look,
    /// To write to it, too.
    Change,
    /// To write to it, which has to be new or the same as before; it is made when it is not there.
    Fill,
}

/// What a migration did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// The version that the schema has now.
    pub schema: u32,
    /// How many steps led there; 0 when it was there before.
    pub steps: u32,
}

/// Opens a ledger that lasts. Gateways may run on it.
///
/// # Errors
/// The engine refuses, or nothing lasts there.
pub async fn operate(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    purpose: Purpose,
) -> Result<Arc<dyn Archive>, OpenError> {
    let _ = (clock, purpose);
    unsupported(settings)
}

/// Brings the schema to the version that this program knows, and makes it where there is none.
///
/// # Errors
/// The engine refuses, or nothing lasts there.
pub async fn migrate(settings: &Settings) -> Result<Migrated, OpenError> {
    unsupported(settings)
}

/// Writes the whole ledger, as it is now, to a new file; a gateway may run on it meanwhile. The
/// pages that are done and those that there are go to `told`.
///
/// # Errors
/// The engine refuses, or has a better way of its own.
pub async fn back_up(
    settings: &Settings,
    to: PathBuf,
    told: Arc<dyn Fn(u64, u64) + Send + Sync>,
) -> Result<(), OpenError> {
    let _ = (to, told);
    unsupported(settings)
}

fn unsupported<T>(settings: &Settings) -> Result<T, OpenError> {
    match settings.location {
        Location::Memory | Location::Sqlite(_) | Location::Postgres(_) => Err(OpenError::Engine(
            Arc::new(std::io::Error::from(std::io::ErrorKind::Unsupported)),
        )),
    }
}
