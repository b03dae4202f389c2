//! Every key of UPI's side with what its files hold, as far as they can be read.

use std::path::Path;

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::judge::Judge;
use super::odd;
use super::read::to_passphrase;
use crate::config::KeyDraft;
use crate::domain::Secret;
use crate::upi::jws::SigningKey;
use crate::upi::key::{CertificateInfo, Inspection, KeyError, Kid, PrivateKey, PublicKey, inspect};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyRole {
    /// `upi.signing`: ours.
    Signing,
    /// `upi.encryption`: UPI's.
    Encryption,
    /// `upi.verification`: UPI's.
    Verification,
}

impl KeyRole {
    /// `signing`, `encryption` or `verification`: the section's name below `upi`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Encryption => "encryption",
            Self::Verification => "verification",
        }
    }
}

/// A key of the configuration. It has no Debug: there may be a secret in any part.
pub struct Material {
    /// What it is for.
    pub role: KeyRole,
    /// Its place, e.g. `upi.verification[0]`.
    pub place: String,
    /// When it takes the place of another one; `None` for a key that is in use.
    pub not_before: Option<OffsetDateTime>,
    /// Its id, if that is good.
    pub kid: Option<Kid>,
    /// What its file is called, without folder and ending.
    pub file_name: Option<String>,
    /// The key as its role needs it.
    pub half: Option<Half>,
    /// Whether others on this machine may read or change the file, or that of the PIN, if it can be
    /// told.
    pub is_exposed: bool,
    /// What the file holds, be it fit for the role or not.
    pub found: Option<Inspection>,
    /// Whether the file holds a private key, although nobody could open it.
    pub is_private: bool,
    /// Whether a passphrase opened it.
    pub is_opened: bool,
    /// What is in `cert_file`, if one is named and good.
    pub named: Option<CertificateInfo>,
    /// Whether it is, or should be, in a token.
    pub in_token: bool,
}

/// The half of a key that a role needs.
pub enum Half {
    /// Ours.
    Private(SigningKey),
    /// UPI's.
    Public(PublicKey),
}

impl Material {
    /// The place of one of its keys.
    #[must_use]
    pub fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.place)
    }

    /// The place of what names the key itself: its file, or its label in a token.
    #[must_use]
    pub fn source(&self) -> String {
        self.key(match self.in_token {
            true => "pkcs11.label",
            false => "key_file",
        })
    }

    /// When it counts whether it is valid: now, or when it begins to be used.
    #[must_use]
    pub fn used_at(&self, now: OffsetDateTime) -> OffsetDateTime {
        self.not_before.map_or(now, |begins| begins.max(now))
    }

    /// The certificate that UPI is to have for it: named, or in the key's file.
    #[must_use]
    pub fn own_certificate(&self) -> Option<&CertificateInfo> {
        let found = self.found.as_ref();
        let named = self.named.as_ref();
        named.or_else(|| found?.own_certificate())
    }

    /// By what the key is told from others.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&str> {
        self.found.as_ref().map(|found| found.spki_sha256.as_str())
    }

    /// Form and size of what the file holds.
    #[must_use]
    pub fn describe(&self) -> Option<String> {
        let found = self.found.as_ref()?;
        Some(format!("{}, RSA of {} bits", found.form, found.bits))
    }
}

/// Reads the files of a key, or opens it in its token, and tells the judge what is wrong with them.
pub(super) fn read(judge: &mut Judge<'_>, role: KeyRole, place: String, key: KeyDraft) -> Material {
    let mut material = Material {
        role,
        place,
        not_before: None,
        kid: key.kid,
        file_name: None,
        is_exposed: false,
        half: None,
        found: None,
        is_private: false,
        is_opened: false,
        named: None,
        in_token: key.token.is_some(),
    };
    if let Some(token) = &key.token {
        material.is_exposed = is_readable_by_others(&token.pin_file);
        judge.token(&mut material, token);
    }
    let passphrase = key.passphrase_file.as_deref();
    let passphrase = passphrase.and_then(|path| judge.passphrase(&material, path));
    if let Some(path) = &key.key_file {
        let name = path
            .file_stem()
            .map(|name| name.to_string_lossy().into_owned());
        material.file_name = name;
        material.is_exposed = is_readable_by_others(path);
        judge.key_file(&mut material, path, passphrase.as_ref());
    }
    let certificate = key.cert_file.as_deref();
    material.named = certificate.and_then(|path| judge.certificate(&material, path));
    material
}

impl Judge<'_> {
    fn key_file(
        &mut self,
        material: &mut Material,
        path: &Path,
        passphrase: Option<&Secret<String>>,
    ) {
        let key = material.key("key_file");
        let Some(bytes) = self.read(&key, path) else {
            return;
        };
        material.found = inspect(&bytes, passphrase).ok();
        material.is_private = material.found.as_ref().is_some_and(|found| found.private);
        match load(material.role, &bytes, passphrase) {
            Ok(half) => material.half = Some(half),
            Err(error) => {
                material.is_private |= error == KeyError::PrivateWherePublicBelongs;
                self.refuse(material, error, &bytes);
            }
        }
        self.look(material, &bytes, passphrase.is_some());
        let encrypted = material.found.as_ref().is_some_and(is_encrypted);
        material.is_opened = encrypted && passphrase.is_some();
    }

    fn refuse(&mut self, material: &Material, error: KeyError, bytes: &[u8]) {
        let key = match error {
            KeyError::PassphraseMissing | KeyError::PassphraseWrong => "passphrase_file",
            _ => "key_file",
        };
        let odd = match error {
            KeyError::UnknownForm | KeyError::Malformed => odd::explain(bytes),
            _ => None,
        };
        let found = material.describe();
        let found = found.map(|found| format!(" (the file is {found})"));
        let text = format!("{error}{}", found.unwrap_or_default());
        let (text, advice) = match odd {
            Some((text, advice)) => (text.to_owned(), advice),
            None => (text, advice(error)),
        };
        self.wrong(material.key(key), text, advice);
    }

    /// What is read, and yet should be looked at.
    fn look(&mut self, material: &Material, bytes: &[u8], passphrase: bool) {
        let key = material.key("key_file");
        let Some(found) = &material.found else {
            return;
        };
        let lines = bytes.trim_ascii().split(|byte| *byte == b'\n').count();
        if found.form.contains("base64") && lines > 1 {
            let text =
                format!("bare base64 with line breaks ({lines} lines); it is read as one text");
            let advice = "nothing to do here; other tools may want PEM armour around it";
            self.warn(key.clone(), text, advice);
        }
        self.surplus(key, found.unused);
        if passphrase && !is_encrypted(found) {
            let text = "is not needed: the key is not encrypted";
            let advice = "leave it out, or encrypt the key";
            self.warn(material.key("passphrase_file"), text, advice);
        }
    }

    /// Of several keys or certificates the first counts, and the others wait for nothing.
    fn surplus(&mut self, key: String, unused: usize) {
        if unused > 0 {
            let text = format!("the first key or certificate is used, {unused} more are not");
            let advice = "leave one in each file; upi.verification takes one entry for each key";
            self.warn(key, text, advice);
        }
    }

    fn passphrase(&mut self, material: &Material, path: &Path) -> Option<Secret<String>> {
        const ADVICE: &str = "write the passphrase into it as UTF-8 text, and nothing else";
        let key = material.key("passphrase_file");
        let text = to_passphrase(self.read(&key, path)?);
        let why = match &text {
            Ok(text) if !text.expose().is_empty() => {
                return Some(Secret::new(text.expose().clone()));
            }
            Ok(_) => "is empty",
            Err(_) => "is not UTF-8 text",
        };
        self.wrong(key, why, ADVICE);
        None
    }

    fn certificate(&mut self, material: &Material, path: &Path) -> Option<CertificateInfo> {
        const ADVICE: &str = "name the certificate of our signing key: PEM, DER or bare base64";
        let key = material.key("cert_file");
        let bytes: Zeroizing<Vec<u8>> = self.read(&key, path)?;
        let found = match inspect(&bytes, None) {
            Ok(found) => found,
            Err(error) => {
                self.wrong(key, error, ADVICE);
                return None;
            }
        };
        self.surplus(key.clone(), found.unused);
        if found.certificate.is_none() {
            self.wrong(key, "holds no certificate", ADVICE);
        }
        found.certificate
    }

    /// Whether named certificates are those of their keys.
    pub(super) fn belonging(&mut self, keys: &[Material]) {
        for material in keys {
            let (Some(certificate), Some(own)) = (&material.named, material.fingerprint()) else {
                continue;
            };
            let spki = certificate.spki_sha256.as_str();
            if own == spki {
                continue;
            }
            let owner = keys.iter().find(|other| other.fingerprint() == Some(spki));
            let owner = owner.map(|owner| format!(", that of {}", owner.place));
            let text = format!(
                "is the certificate of another key than {}{} ({})",
                material.source(),
                owner.unwrap_or_default(),
                certificate.subject
            );
            let advice =
                "name the key for which UPI has this certificate, or the other certificate";
            self.wrong(material.key("cert_file"), text, advice);
        }
    }
}

fn load(role: KeyRole, bytes: &[u8], given: Option<&Secret<String>>) -> Result<Half, KeyError> {
    match role {
        KeyRole::Signing => PrivateKey::load(bytes, given).map(|key| Half::Private(key.into())),
        KeyRole::Encryption | KeyRole::Verification => PublicKey::load(bytes).map(Half::Public),
    }
}

fn is_encrypted(found: &Inspection) -> bool {
    found.form.contains("encrypted") || found.form.contains("PKCS#12")
}

const fn advice(error: KeyError) -> &'static str {
    match error {
        KeyError::PassphraseMissing => "name a file with the passphrase",
        KeyError::PassphraseWrong => "check the passphrase with: idphoto keys inspect",
        KeyError::NoMac => "export it again: openssl pkcs12 -export, without -nomac",
        KeyError::OutdatedCipher => "export it again: openssl pkcs12 -legacy, then AES-256",
        KeyError::NotRsa => "UPI takes RS256 and RSA1_5 only: make an RSA key of 2048 bits",
        KeyError::TooWeak { .. } => "make an RSA key of 2048 bits or more and register it",
        KeyError::PublicWherePrivateBelongs => {
            "name the file with our private key; the certificate belongs into cert_file"
        }
        KeyError::PrivateWherePublicBelongs => {
            "name UPI's certificate or public key; our private key is for upi.signing alone"
        }
        KeyError::UnknownForm | KeyError::Malformed | KeyError::Unusable => {
            "PKCS#8, PKCS#1, PKCS#12 or X.509 is read, as PEM, DER or bare base64"
        }
    }
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
