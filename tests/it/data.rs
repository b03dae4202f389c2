//! Reads the vectors, keys and photos of `tests/data`, whose README says where each comes from.

use std::path::{Path, PathBuf};

/// Where a file of `tests/data` is.
pub fn path(relative: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data")).join(relative)
}

/// The bytes of one file.
pub fn read(relative: &str) -> Vec<u8> {
    let path = path(relative);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
