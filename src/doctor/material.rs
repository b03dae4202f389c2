//! Every key with what its files hold, as far as they can be read.

use std::path::Path;

use zeroize::Zeroizing;

use super::section;
use crate::app::{KeyRole, ReadError, read_file, to_passphrase};
use crate::config::{KeyDraft, UpiDraft};
use crate::domain::Secret;
use crate::upi::key::{CertificateInfo, Inspection, KeyError, PrivateKey, PublicKey, inspect};

/// A key of the configuration. It has no Debug: there may be a secret in any part.
pub struct Material {
    pub role: KeyRole,
    /// Its place, e.g. `upi.verification[0]`.
    pub place: String,
    /// Its id, good or bad.
    pub kid: Option<String>,
    /// What its file is called, without folder and ending.
    pub file_name: Option<String>,
    /// The file, if one is named.
    pub file: Option<Result<Zeroizing<Vec<u8>>, ReadError>>,
    /// Whether others may read the file, if it can be told.
    pub readable_by_others: bool,
    pub passphrase: Option<Result<Secret<String>, BadPassphrase>>,
    /// The key as its role needs it; `None` without a file.
    pub loaded: Option<Result<Half, KeyError>>,
    /// What the file holds, be it fit for the role or not.
    pub found: Option<Inspection>,
    /// `cert_file`, if one is named.
    pub certificate: Option<Result<CertificateInfo, BadCertificate>>,
}

/// The half of a key that a role needs.
pub enum Half {
    Private(PrivateKey),
    Public(PublicKey),
}

/// Why there is no passphrase.
pub enum BadPassphrase {
    File(ReadError),
    NotText,
    Empty,
}

/// Why there is no certificate.
pub enum BadCertificate {
    File(ReadError),
    Key(KeyError),
    /// There is a key and no certificate in it.
    None,
}

impl Material {
    /// All keys, ours first.
    pub fn of_all(upi: &UpiDraft) -> Vec<Self> {
        let one = |role| section(role).to_owned();
        let mut keys = vec![
            Self::read(KeyRole::Signing, one(KeyRole::Signing), &upi.signing),
            Self::read(
                KeyRole::Encryption,
                one(KeyRole::Encryption),
                &upi.encryption,
            ),
        ];
        keys.extend(upi.verification.iter().enumerate().map(|(index, key)| {
            let place = format!("{}[{index}]", section(KeyRole::Verification));
            Self::read(KeyRole::Verification, place, key)
        }));
        keys
    }

    fn read(role: KeyRole, place: String, key: &KeyDraft) -> Self {
        let passphrase = key.passphrase_file.as_deref().map(passphrase);
        let given = passphrase.as_ref().and_then(|given| given.as_ref().ok());
        let path = key.key_file.as_deref();
        let file = path.map(read_file);
        let bytes = file.as_ref().and_then(|file| file.as_ref().ok());
        let file_name = path.and_then(Path::file_stem);
        Self {
            role,
            place,
            kid: key.kid.clone(),
            file_name: file_name.map(|name| name.to_string_lossy().into_owned()),
            readable_by_others: path.is_some_and(is_readable_by_others),
            loaded: bytes.map(|bytes| load(role, bytes, given)),
            found: bytes.and_then(|bytes| inspect(bytes, given).ok()),
            certificate: key.cert_file.as_deref().map(certificate),
            file,
            passphrase,
        }
    }

    /// The place of one of its keys.
    pub fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.place)
    }

    /// The certificate that UPI is to have for it: named, or in the key's file.
    pub fn own_certificate(&self) -> Option<&CertificateInfo> {
        match &self.certificate {
            Some(named) => named.as_ref().ok(),
            None => self.found.as_ref()?.own_certificate(),
        }
    }

    /// By what the key is told from others.
    pub fn fingerprint(&self) -> Option<&str> {
        self.found.as_ref().map(|found| found.spki_sha256.as_str())
    }

    /// Whether the file holds a private key, although nobody could open it.
    pub fn is_private(&self) -> bool {
        let private = Err(KeyError::PrivateWherePublicBelongs);
        let refused = self.loaded.as_ref().map(|loaded| loaded.as_ref().map(drop));
        let refused = refused.map(|refused| refused.map_err(|error| *error));
        refused == Some(private) || self.found.as_ref().is_some_and(|found| found.private)
    }
}

fn load(role: KeyRole, bytes: &[u8], given: Option<&Secret<String>>) -> Result<Half, KeyError> {
    match role {
        KeyRole::Signing => PrivateKey::load(bytes, given).map(Half::Private),
        KeyRole::Encryption | KeyRole::Verification => PublicKey::load(bytes).map(Half::Public),
    }
}

fn passphrase(path: &Path) -> Result<Secret<String>, BadPassphrase> {
    let bytes = read_file(path).map_err(BadPassphrase::File)?;
    let text = to_passphrase(bytes).map_err(|_| BadPassphrase::NotText)?;
    if text.expose().is_empty() {
        return Err(BadPassphrase::Empty);
    }
    Ok(text)
}

fn certificate(path: &Path) -> Result<CertificateInfo, BadCertificate> {
    let bytes = read_file(path).map_err(BadCertificate::File)?;
    let found = inspect(&bytes, None).map_err(BadCertificate::Key)?;
    found.certificate.ok_or(BadCertificate::None)
}

#[cfg(unix)]
fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    const OTHERS: u32 = 0o007;
    let found = std::fs::metadata(path);
    found.is_ok_and(|found| found.permissions().mode() & OTHERS != 0)
}

#[cfg(not(unix))]
fn is_readable_by_others(_: &Path) -> bool {
    false
}
