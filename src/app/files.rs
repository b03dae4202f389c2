//! The files that a configuration names: keys and certificates, read before any port is
//! bound.

use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

mod read;

pub use read::{NotText, ReadError, read_file, to_passphrase};

use super::{CertificateFacts, KeyRole};
use crate::config::{Config, KeyFile, SigningFiles, UpiConfig};
use crate::domain::Secret;
use crate::upi::gateway::Keys;
use crate::upi::key::{CertificateInfo, KeyError, Kid, PrivateKey, PublicKey, inspect};
use crate::upi::transport::ClientIdentity;

/// What the files hold.
pub struct Files {
    /// The three roles of keys.
    pub keys: Keys,
    /// `upi.ca_file`.
    pub ca_pem: Option<Vec<u8>>,
    /// `upi.client_cert_file` and `upi.client_key_file`.
    pub client_identity: Option<ClientIdentity>,
    /// What the certificates among the keys say; absent for bare public keys.
    pub certificates: Vec<CertificateFacts>,
    /// Files that hold more than is used, one sentence each.
    pub warnings: Vec<String>,
}

/// A key with its id and what its certificate says.
struct Loaded<K> {
    key: (Kid, K),
    certificate: Option<CertificateFacts>,
    warnings: Vec<String>,
}

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
    Unreadable(ReadError),
    NotText,
    Bad(KeyError),
    NoCertificate,
    OtherKey,
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
            Why::Unreadable(cause) => write!(f, "{cause}")?,
            Why::NotText => f.write_str("is not UTF-8 text")?,
            Why::Bad(cause) => write!(f, "{cause}")?,
            Why::NoCertificate => f.write_str("holds no certificate")?,
            Why::OtherKey => f.write_str("is the certificate of another key")?,
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
        (Some(signing), Some(encryption)) if problems.is_empty() => {
            let mut certificates = Vec::from_iter(signing.certificate);
            let mut warnings = signing.warnings;
            let mut part = |loaded: Loaded<PublicKey>| {
                certificates.extend(loaded.certificate);
                warnings.extend(loaded.warnings);
                loaded.key
            };
            let encryption = part(encryption);
            let verification = verification.into_iter().map(part).collect();
            Ok(Files {
                keys: Keys {
                    signing: signing.key,
                    encryption,
                    verification,
                },
                ca_pem: ca_pem.map(|mut pem| std::mem::take(&mut *pem)),
                client_identity: identity,
                certificates,
                warnings,
            })
        }
        _ => Err(FileProblems(problems)),
    }
}

fn keep<T>(read: Result<T, FileProblem>, problems: &mut Vec<FileProblem>) -> Option<T> {
    read.map_err(|problem| problems.push(problem)).ok()
}

fn signing(files: Option<&SigningFiles>) -> Result<Loaded<PrivateKey>, FileProblem> {
    const KEY: &str = "upi.signing.key_file";
    let files = files.ok_or_else(|| unset("upi.signing"))?;
    let bytes = read(KEY, &files.key_file)?;
    let passphrase = files.passphrase_file.as_deref().map(passphrase);
    let passphrase = passphrase.transpose()?;
    let key = PrivateKey::load(&bytes, passphrase.as_ref());
    let bad = |cause| problem(KEY, &files.key_file, Why::Bad(cause));
    let key = key.map_err(bad)?;
    let found = inspect(&bytes, passphrase.as_ref()).map_err(bad)?;
    let mut warnings = Vec::from_iter(surplus(KEY, &files.key_file, found.unused));
    let certificate = match &files.cert_file {
        Some(path) => {
            let (certificate, warning) = certificate(path, &found.spki_sha256)?;
            warnings.extend(warning);
            Some(certificate)
        }
        None => found.own_certificate().cloned(),
    };
    Ok(Loaded {
        key: (files.kid.clone(), key),
        certificate: facts(KeyRole::Signing, &files.kid, certificate.as_ref()),
        warnings,
    })
}

/// The certificate in a file, if it is that of the key with this fingerprint.
fn certificate(
    path: &Path,
    spki_sha256: &str,
) -> Result<(CertificateInfo, Option<String>), FileProblem> {
    const KEY: &str = "upi.signing.cert_file";
    let bytes = read(KEY, path)?;
    let found = inspect(&bytes, None).map_err(|cause| problem(KEY, path, Why::Bad(cause)))?;
    let warning = surplus(KEY, path, found.unused);
    let found = found.certificate;
    let found = found.ok_or_else(|| problem(KEY, path, Why::NoCertificate))?;
    if found.spki_sha256 != spki_sha256 {
        return Err(problem(KEY, path, Why::OtherKey));
    }
    Ok((found, warning))
}

/// What an operator should hear of a file where one key or certificate is used, the first.
fn surplus(key: &str, path: &Path, unused: usize) -> Option<String> {
    (unused > 0).then(|| {
        let path = path.display();
        format!("{key}: the first key or certificate is used, {unused} more are not: {path}")
    })
}

fn facts(role: KeyRole, kid: &Kid, found: Option<&CertificateInfo>) -> Option<CertificateFacts> {
    found.map(|found| CertificateFacts::new(role, kid, found))
}

fn encryption(file: Option<&KeyFile>) -> Result<Loaded<PublicKey>, FileProblem> {
    let file = file.ok_or_else(|| unset("upi.encryption"))?;
    public("upi.encryption.key_file", KeyRole::Encryption, file)
}

fn verification(upi: &UpiConfig) -> impl Iterator<Item = Result<Loaded<PublicKey>, FileProblem>> {
    let keys = upi.verification.iter();
    keys.map(|file| public("upi.verification.key_file", KeyRole::Verification, file))
}

fn public(
    key: &'static str,
    role: KeyRole,
    file: &KeyFile,
) -> Result<Loaded<PublicKey>, FileProblem> {
    let bytes = read(key, &file.key_file)?;
    let bad = |cause| problem(key, &file.key_file, Why::Bad(cause));
    let loaded = PublicKey::load(&bytes).map_err(bad)?;
    let found = inspect(&bytes, None).map_err(bad)?;
    Ok(Loaded {
        key: (file.kid.clone(), loaded),
        certificate: facts(role, &file.kid, found.certificate.as_ref()),
        warnings: Vec::from_iter(surplus(key, &file.key_file, found.unused)),
    })
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

fn read(key: &'static str, path: &Path) -> Result<Zeroizing<Vec<u8>>, FileProblem> {
    read_file(path).map_err(|cause| problem(key, path, Why::Unreadable(cause)))
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
