//! Finds the files that are shared with other implementations.

use std::path::{Path, PathBuf};

/// `IDPHOTO_SHARED`, else `../shared` beside the project.
pub fn path(relative: &str) -> PathBuf {
    let root = std::env::var_os("IDPHOTO_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    assert!(
        root.is_dir(),
        "the shared vectors and photos are needed: set IDPHOTO_SHARED, or put them at ../shared"
    );
    root.join(relative)
}

/// The bytes of one shared file.
pub fn read(relative: &str) -> Vec<u8> {
    let path = path(relative);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
