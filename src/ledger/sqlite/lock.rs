//! One file is for one gateway.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::error::StartError;
use super::place::{PRIVATE, Place, io};

/// Held for as long as this lives; the operating system lets go of it when the process dies. The
/// file stays: whoever removed it would let two in.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a database.
    pub fn take(place: &Place) -> Result<Self, StartError> {
        let path = place.beside(".lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.mode(PRIVATE).open(&path);
        let file = file.map_err(|error| io(&path, error))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _file: file }),
            Err(Errno::WOULDBLOCK) => Err(StartError::Locked(place.file.clone())),
            Err(error) => Err(io(&path, error.into())),
        }
    }
}
