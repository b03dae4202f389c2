//! Where the file is, what lies beside it, and whether it can be there.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use tracing::warn;

use super::error::StartError;

/// For the owner alone.
pub(super) const PRIVATE: u32 = 0o600;
pub(super) const OTHERS: u32 = 0o077;

/// The file and its directory, without symbolic links: two paths to one file have one lock.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub directory: PathBuf,
    /// The database.
    pub file: PathBuf,
}

impl Place {
    /// Finds it; makes nothing.
    pub fn find(path: &Path) -> Result<Self, StartError> {
        let name = path.file_name();
        let name = name.ok_or_else(|| StartError::NoFile(path.to_owned()))?;
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut directory = canonical(parent)?;
        let mut file = directory.join(name);
        if file.exists() {
            file = fs::canonicalize(&file).map_err(|error| io(&file, error))?;
            if !file.is_file() {
                return Err(StartError::NoFile(file));
            }
            directory = file.parent().map_or(directory, Path::to_owned);
        }
        refuse_network(&directory, &file)?;
        Ok(Self { directory, file })
    }

    /// A file beside the database.
    pub fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = OsString::from(&self.file);
        name.push(suffix);
        name.into()
    }

    /// Makes the database's file, empty, for its owner alone; SQLite makes its other files alike.
    pub fn make(&self) -> Result<(), StartError> {
        if self.file.exists() {
            warn_of_others(&self.file);
            return Ok(());
        }
        create_new(&self.file).map_err(|error| io(&self.file, error))?;
        self.sync_directory()
    }

    /// Names of files in the directory are on disk when this returns.
    pub fn sync_directory(&self) -> Result<(), StartError> {
        let synced = File::open(&self.directory).and_then(|it| it.sync_all());
        synced.map_err(|error| io(&self.directory, error))
    }

    /// How many bytes the database takes, its log included.
    pub fn bytes(&self) -> u64 {
        let files = [self.file.clone(), self.beside("-wal")];
        let lengths = files.iter().filter_map(|it| fs::metadata(it).ok());
        lengths.map(|it| it.len()).sum()
    }

    /// Which file stands there now.
    pub fn identity(&self) -> io::Result<(u64, u64)> {
        let metadata = fs::metadata(&self.file)?;
        Ok((metadata.dev(), metadata.ino()))
    }
}

/// Makes a file that was not there, for its owner alone.
pub(super) fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(PRIVATE);
    options.open(path)
}

/// Says that others than its owner can read a file.
pub(super) fn warn_of_others(path: &Path) {
    let mode = fs::metadata(path).map_or(PRIVATE, |it| it.mode());
    if mode & OTHERS != 0 {
        let mode = format!("{:o}", mode & 0o777);
        warn!(file = %path.display(), mode, "others than its owner can read or write a file of the ledger");
    }
}

pub(super) fn io(path: &Path, error: io::Error) -> StartError {
    StartError::Io(path.to_owned(), error)
}

fn canonical(parent: &Path) -> Result<PathBuf, StartError> {
    match fs::canonicalize(parent) {
        Ok(directory) if directory.is_dir() => Ok(directory),
        Ok(_) => Err(StartError::NoDirectory(parent.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(StartError::NoDirectory(parent.to_owned()))
        }
        Err(error) => Err(io(parent, error)),
    }
}

#[cfg(target_os = "linux")]
fn refuse_network(directory: &Path, file: &Path) -> Result<(), StartError> {
    let known = rustix::fs::statfs(directory);
    let known = known.map_err(|error| io(directory, error.into()))?;
    match network(u64::from_ne_bytes(known.f_type.to_ne_bytes())) {
        None => Ok(()),
        Some(kind) => Err(StartError::Network {
            path: file.to_owned(),
            kind,
        }),
    }
}

#[cfg(not(target_os = "linux"))]
fn refuse_network(_: &Path, _: &Path) -> Result<(), StartError> {
    Ok(())
}

/// File systems that are certainly a network's, by the numbers of `statfs(2)`. FUSE and 9p can be
/// local as well.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
pub(super) const fn network(magic: u64) -> Option<&'static str> {
    match magic & 0xFFFF_FFFF {
        0x6969 => Some("NFS"),
        0x517B | 0xFE53_4D42 => Some("SMB"),
        0xFF53_4D42 => Some("CIFS"),
        0x5346_414F | 0x6B41_4653 => Some("AFS"),
        0x7375_7245 => Some("Coda"),
        0x00C3_6400 => Some("Ceph"),
        0x0BD0_0BD0 => Some("Lustre"),
        0x564C => Some("NCP"),
        _ => None,
    }
}
