//! The files of a kit. A key is never overwritten and never half there: it is written
//! under another name, and linked to its own once it is complete.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};

use super::{Kit, KitError, Pem};
use crate::domain::Secret;
use crate::upi::key::PrivateKey;

pub(super) const PARTICIPANT: &str = "participant-signing.key.pem";
const UPI_SIGNING: &str = "upi-signing.key.pem";
const UPI_ENCRYPTION: &str = "upi-encryption.key.pem";
const PARTICIPANT_PUBLIC: &str = "participant-signing.pub.pem";
pub(super) const UPI_SIGNING_PUBLIC: &str = "upi-signing.pub.pem";
pub(super) const UPI_ENCRYPTION_PUBLIC: &str = "upi-encryption.pub.pem";

/// Owner only, for keys and the directory; public keys may be read by all.
const PRIVATE: u32 = 0o600;
const PUBLIC: u32 = 0o644;
const DIRECTORY: u32 = 0o700;

const ALL: [&str; 6] = [
    PARTICIPANT,
    UPI_SIGNING,
    UPI_ENCRYPTION,
    PARTICIPANT_PUBLIC,
    UPI_SIGNING_PUBLIC,
    UPI_ENCRYPTION_PUBLIC,
];

impl Kit {
    /// Writes both sides' key files to `dir`, which is made if need be: private keys are
    /// readable by the owner only, and each file is there completely or not at all.
    ///
    /// # Errors
    /// One of the files exists already: keys are never overwritten. Or a file cannot be
    /// written.
    pub fn save(&self, dir: &Path) -> Result<(), KitError> {
        make_directory(dir).map_err(at(dir))?;
        if let Some(name) = ALL.into_iter().find(|name| dir.join(name).exists()) {
            return Err(KitError::Exists(dir.join(name)));
        }
        let pairs = [
            (PARTICIPANT, PARTICIPANT_PUBLIC, &self.participant),
            (UPI_SIGNING, UPI_SIGNING_PUBLIC, &self.upi_signing),
            (UPI_ENCRYPTION, UPI_ENCRYPTION_PUBLIC, &self.upi_encryption),
        ];
        for (private, public, pem) in pairs {
            write(&dir.join(private), PRIVATE, pem.0.expose())?;
            write(&dir.join(public), PUBLIC, &pem.public()?.to_spki_pem()?)?;
        }
        File::open(dir)
            .and_then(|dir| dir.sync_all())
            .map_err(at(dir))
    }

    /// Reads what [`Kit::save`] wrote.
    ///
    /// # Errors
    /// A file that is missing or holds no key.
    pub fn open(dir: &Path) -> Result<Self, KitError> {
        Ok(Self {
            participant: read(dir.join(PARTICIPANT))?,
            upi_signing: read(dir.join(UPI_SIGNING))?,
            upi_encryption: read(dir.join(UPI_ENCRYPTION))?,
        })
    }

    /// Whether `dir` holds a kit, complete or not: then it is to be opened and not saved.
    #[must_use]
    pub fn exists(dir: &Path) -> bool {
        ALL.into_iter().any(|name| dir.join(name).exists())
    }
}

fn read(path: PathBuf) -> Result<Pem, KitError> {
    let text = fs::read_to_string(&path).map_err(at(&path))?;
    let pem = Secret::new(text);
    match PrivateKey::load(pem.expose().as_bytes(), None) {
        Ok(_) => Ok(Pem(pem)),
        Err(source) => Err(KitError::KeyFile { path, source }),
    }
}

fn write(path: &Path, mode: u32, content: &str) -> Result<(), KitError> {
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let written = fill(&draft, mode, content);
    let linked = written.and_then(|()| fs::hard_link(&draft, path));
    // A draft that was never made is no reason to fail.
    let _ = fs::remove_file(&draft);
    linked.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KitError::Exists(path.to_owned()),
        _ => at(path)(source),
    })
}

fn fill(path: &Path, mode: u32, content: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(mode);
    let mut file = options.open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

fn make_directory(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(DIRECTORY);
    builder.create(dir)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> KitError {
    let path = path.to_owned();
    move |source| KitError::File { path, source }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::{ALL, PARTICIPANT, UPI_SIGNING};
    use crate::sandbox::kit::{Kit, KitError};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn public(kit: &Kit) -> [String; 3] {
        let (ours, upis) = (kit.participant().unwrap(), kit.upi().unwrap());
        [
            upis.participant.1.to_spki_pem().unwrap(),
            ours.verification[0].1.to_spki_pem().unwrap(),
            ours.encryption.1.to_spki_pem().unwrap(),
        ]
    }

    #[test]
    fn a_saved_kit_opens_with_the_same_keys() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("made/on/the/way");
        let kit = Kit::generate().unwrap();
        kit.save(&dir).unwrap();
        assert_eq!(public(&Kit::open(&dir).unwrap()), public(&kit));
        assert_eq!(fs::read_dir(&dir).unwrap().count(), ALL.len());
    }

    #[test]
    fn private_keys_and_their_directory_are_the_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("keys");
        Kit::generate().unwrap().save(&dir).unwrap();
        assert_eq!(mode(&dir), 0o700);
        for name in ALL {
            let secret = fs::read_to_string(dir.join(name)).unwrap();
            assert_eq!(secret.contains("PRIVATE"), name.ends_with(".key.pem"));
            let expected = if secret.contains("PRIVATE") {
                0o600
            } else {
                0o644
            };
            assert_eq!(mode(&dir.join(name)), expected, "{name}");
        }
    }

    #[test]
    fn keys_that_exist_are_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let kit = Kit::generate().unwrap();
        for name in ALL {
            let path = dir.path().join(name);
            fs::write(&path, "somebody's").unwrap();
            assert!(Kit::exists(dir.path()));
            let error = kit.save(dir.path()).unwrap_err();
            assert!(matches!(error, KitError::Exists(found) if found == path));
            assert_eq!(fs::read_to_string(&path).unwrap(), "somebody's");
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
            fs::remove_file(path).unwrap();
        }
        assert!(!Kit::exists(dir.path()));
    }

    #[test]
    fn a_missing_or_spoiled_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = Kit::open(dir.path()).err().unwrap();
        assert!(error.to_string().contains(PARTICIPANT), "{error}");
        Kit::generate().unwrap().save(dir.path()).unwrap();
        fs::write(dir.path().join(UPI_SIGNING), "no key").unwrap();
        let error = Kit::open(dir.path()).err().unwrap();
        assert!(matches!(error, KitError::KeyFile { .. }));
        assert!(error.to_string().contains(UPI_SIGNING), "{error}");
    }
}
