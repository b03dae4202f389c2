//! The files that a configuration names: keys and certificates, read before any port is
//! bound.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use zeroize::{Zeroize as _, Zeroizing};

use crate::config::{Config, KeyFile, SigningFiles, UpiConfig};
use crate::domain::Secret;
use crate::upi::gateway::{ClientIdentity, Keys};
use crate::upi::key::{KeyError, Kid, PrivateKey, PublicKey};

/// No key or certificate bundle is larger (bytes); a wrong path may name anything.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// What the files hold.
pub struct Files {
    /// The three roles of keys.
    pub keys: Keys,
    /// `upi.ca_file`.
    pub ca_pem: Option<Vec<u8>>,
    /// `upi.client_cert_file` and `upi.client_key_file`.
    pub client_identity: Option<ClientIdentity>,
}

/// A passphrase file that holds something else than text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the passphrase file is not UTF-8 text")]
pub struct NotText;

/// Every file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub struct FileProblems(Vec<FileProblem>);

/// One file that cannot be used.
#[derive(Debug)]
struct FileProblem {
    key: &'static str,
    path: PathBuf,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Unreadable(io::Error),
    TooLarge,
    NotText,
    Bad(KeyError),
    Unset,
}

impl fmt::Display for FileProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}: ", self.key)?;
        match &self.why {
            Why::Unset => return f.write_str("is required"),
            Why::Unreadable(cause) => write!(f, "cannot be read ({cause})")?,
            Why::TooLarge => f.write_str("is too large for a key or certificate")?,
            Why::NotText => f.write_str("is not UTF-8 text")?,
            Why::Bad(cause) => write!(f, "{cause}")?,
        }
        write!(f, ": {}", self.path.display())
    }
}

/// Reads every file that UPI's side needs.
///
/// # Errors
/// All files that cannot be used, at once.
pub fn read_files(config: &Config) -> Result<Files, FileProblems> {
    let mut problems = Vec::new();
    let upi = &config.upi;
    let signing = keep(signing(upi.signing.as_ref()), &mut problems);
    let encryption = keep(encryption(upi.encryption.as_ref()), &mut problems);
    let verification: Vec<_> = verification(upi)
        .filter_map(|key| keep(key, &mut problems))
        .collect();
    let ca_pem = upi.ca_file.as_deref().map(|path| read("upi.ca_file", path));
    let ca_pem = ca_pem.and_then(|pem| keep(pem, &mut problems));
    let identity = client_identity(upi).and_then(|identity| keep(identity, &mut problems));
    match (signing, encryption) {
        (Some(signing), Some(encryption)) if problems.is_empty() => Ok(Files {
            keys: Keys {
                signing,
                encryption,
                verification,
            },
            ca_pem: ca_pem.map(|mut pem| std::mem::take(&mut *pem)),
            client_identity: identity,
        }),
        _ => Err(FileProblems(problems)),
    }
}

/// A passphrase file's text; an editor's line break at the end is no part of it.
///
/// # Errors
/// The file is not UTF-8 text.
pub fn to_passphrase(mut bytes: Zeroizing<Vec<u8>>) -> Result<Secret<String>, NotText> {
    while bytes
        .last()
        .is_some_and(|byte| matches!(byte, b'\n' | b'\r'))
    {
        bytes.pop();
    }
    String::from_utf8(std::mem::take(&mut *bytes))
        .map(Secret::new)
        .map_err(|error| {
            error.into_bytes().zeroize();
            NotText
        })
}

fn keep<T>(read: Result<T, FileProblem>, problems: &mut Vec<FileProblem>) -> Option<T> {
    read.map_err(|problem| problems.push(problem)).ok()
}

fn signing(files: Option<&SigningFiles>) -> Result<(Kid, PrivateKey), FileProblem> {
    const KEY: &str = "upi.signing.key_file";
    let files = files.ok_or_else(|| unset("upi.signing"))?;
    let bytes = read(KEY, &files.key_file)?;
    let passphrase = files.passphrase_file.as_deref().map(passphrase);
    let passphrase = passphrase.transpose()?;
    let key = PrivateKey::load(&bytes, passphrase.as_ref());
    let key = key.map_err(|cause| problem(KEY, &files.key_file, Why::Bad(cause)))?;
    Ok((files.kid.clone(), key))
}

fn encryption(file: Option<&KeyFile>) -> Result<(Kid, PublicKey), FileProblem> {
    let file = file.ok_or_else(|| unset("upi.encryption"))?;
    public("upi.encryption.key_file", file)
}

fn verification(upi: &UpiConfig) -> impl Iterator<Item = Result<(Kid, PublicKey), FileProblem>> {
    let keys = upi.verification.iter();
    keys.map(|file| public("upi.verification.key_file", file))
}

fn public(key: &'static str, file: &KeyFile) -> Result<(Kid, PublicKey), FileProblem> {
    let bytes = read(key, &file.key_file)?;
    let loaded = PublicKey::load(&bytes);
    let loaded = loaded.map_err(|cause| problem(key, &file.key_file, Why::Bad(cause)))?;
    Ok((file.kid.clone(), loaded))
}

fn passphrase(path: &Path) -> Result<Secret<String>, FileProblem> {
    const KEY: &str = "upi.signing.passphrase_file";
    to_passphrase(read(KEY, path)?).map_err(|NotText| problem(KEY, path, Why::NotText))
}

fn client_identity(upi: &UpiConfig) -> Option<Result<ClientIdentity, FileProblem>> {
    let (certificate, key) = upi.client_identity.as_ref()?;
    Some(identity(certificate, key))
}

fn identity(certificate: &Path, key: &Path) -> Result<ClientIdentity, FileProblem> {
    let mut certificate = read("upi.client_cert_file", certificate)?;
    let mut key = read("upi.client_key_file", key)?;
    Ok(ClientIdentity {
        certificate_pem: std::mem::take(&mut *certificate),
        key_pem: Secret::new(std::mem::take(&mut *key)),
    })
}

/// The whole file, wiped when it is dropped.
fn read(key: &'static str, path: &Path) -> Result<Zeroizing<Vec<u8>>, FileProblem> {
    let unreadable = |cause| problem(key, path, Why::Unreadable(cause));
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > MAX_FILE {
        return Err(problem(key, path, Why::TooLarge));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    Ok(Zeroizing::new(bytes))
}

fn unset(key: &'static str) -> FileProblem {
    problem(key, Path::new(""), Why::Unset)
}

fn problem(key: &'static str, path: &Path, why: Why) -> FileProblem {
    FileProblem {
        key,
        path: path.to_owned(),
        why,
    }
}
