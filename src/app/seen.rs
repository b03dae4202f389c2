//! What files held when they were read, to notice that one has changed. By content, and not by times:
//! Kubernetes puts another folder behind a link, and a file may be written twice in one tick.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::read::{ReadError, read_file};

/// Files, and what each held.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Seen(BTreeMap<PathBuf, Held>);

#[derive(Clone, PartialEq, Eq)]
enum Held {
    Content(blake3::Hash),
    /// Why nothing could be read.
    Nothing(String),
    /// A pipe or a device gives what it has once.
    NoFile,
}

impl Seen {
    /// Reads a file to see what it holds.
    pub(super) fn look(&mut self, path: &Path) {
        self.hold(path, || Held::of(&read_file(path)));
    }

    /// Notes what was read for another purpose.
    pub(super) fn note(&mut self, path: &Path, read: &Result<Zeroizing<Vec<u8>>, ReadError>) {
        self.hold(path, || Held::of(read));
    }

    fn hold(&mut self, path: &Path, held: impl FnOnce() -> Held) {
        let held = match is_something_else(path) {
            true => Held::NoFile,
            false => held(),
        };
        self.0.insert(path.to_owned(), held);
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The same files as they are now.
    #[must_use]
    pub(super) fn again(&self) -> Self {
        let mut now = Self::default();
        for path in self.0.keys() {
            now.look(path);
        }
        now
    }
}

impl Held {
    fn of(read: &Result<Zeroizing<Vec<u8>>, ReadError>) -> Self {
        match read {
            Ok(bytes) => Self::Content(blake3::hash(bytes)),
            Err(error) => Self::Nothing(error.to_string()),
        }
    }
}

fn is_something_else(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::Seen;

    #[test]
    fn a_change_of_content_is_seen_and_a_new_date_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut seen = Seen::default();
        seen.look(&path);
        fs::write(&path, "one").unwrap();
        assert!(seen.again() != seen);
        seen.look(&path);
        fs::write(&path, "one").unwrap();
        assert!(seen.again() == seen);
        fs::write(&path, "two").unwrap();
        assert!(seen.again() != seen);
        fs::remove_file(&path).unwrap();
        assert!(seen.again() != seen);
    }

    #[test]
    fn another_folder_behind_a_link_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        for name in ["one", "two"] {
            fs::create_dir(place(name)).unwrap();
            fs::write(place(name).join("key"), name).unwrap();
        }
        symlink("one", place("data")).unwrap();
        let mut seen = Seen::default();
        seen.look(&place("data").join("key"));
        symlink("two", place("next")).unwrap();
        fs::rename(place("next"), place("data")).unwrap();
        assert!(seen.again() != seen);
    }

    #[test]
    fn a_device_never_changes() {
        let mut seen = Seen::default();
        seen.look("/dev/urandom".as_ref());
        assert!(seen.again() == seen);
    }
}
