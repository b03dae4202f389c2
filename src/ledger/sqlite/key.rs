//! The key of digests beside the file.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::error::StartError;
use super::place::{Place, create_new, io, warn_of_others};
use crate::ledger::fingerprint::{FingerprintKey, Fingerprinter};

/// The keys that are configured, or that of the file beside the database, which is made for a
/// database without orders. Nobody else does so now: the lock is ours.
pub(super) fn fingerprinter(
    place: &Place,
    configured: Vec<FingerprintKey>,
    has_orders: bool,
) -> Result<Fingerprinter, StartError> {
    let mut keys = configured.into_iter();
    if let Some(current) = keys.next() {
        return Ok(Fingerprinter::new(current, keys.collect()));
    }
    let path = place.beside(".key");
    let key = match read(&path) {
        Ok(text) => {
            warn_of_others(&path);
            FingerprintKey::parse(&text).ok_or(StartError::BadKey(path))?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if has_orders {
                return Err(StartError::NoKey(path));
            }
            make(place, &path)?
        }
        Err(error) => return Err(io(&path, error)),
    };
    Ok(Fingerprinter::new(key, Vec::new()))
}

fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    fs::read(path).map(Zeroizing::new)
}

/// The file is whole or not there, whatever happens meanwhile.
fn make(place: &Place, path: &Path) -> Result<FingerprintKey, StartError> {
    let key = FingerprintKey::random()?;
    let new = place.beside(".key.new");
    let write = || {
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = create_new(&new)?;
        file.write_all(key.to_text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().map_err(|error| io(path, error))?;
    place.sync_directory()?;
    Ok(key)
}
