//! `upi.signing.*`, `upi.encryption.*` and `upi.verification`: which key has which role.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::super::field::Field;
use super::super::kind::{Flaw, Flaws, Kind, PATH};
use super::super::reader::Reader;
use super::super::schema::{shown, unknown};
use super::super::value::{Shape, Value, quote};
use super::kind::KID;
use crate::upi::key::Kid;

/// Our key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningFiles {
    /// Our certificate id at UPI.
    pub kid: Kid,
    /// The private key, in any form that [`PrivateKey`](crate::upi::key::PrivateKey) reads.
    pub key_file: PathBuf,
    /// Its passphrase; a line break at the end does not belong to it.
    pub passphrase_file: Option<PathBuf>,
    /// Its certificate, in any form that [`inspect`](crate::upi::key::inspect) reads.
    pub cert_file: Option<PathBuf>,
}

/// A key of UPI's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    /// UPI's certificate id.
    pub kid: Kid,
    /// The certificate or public key, in any form that
    /// [`PublicKey`](crate::upi::key::PublicKey) reads.
    pub key_file: PathBuf,
}

pub static SIGNING_KID: Field<Kid> = Field::new("upi.signing.kid", KID, |config| {
    config.upi.signing.as_ref().map(|key| key.kid.clone())
})
.required()
.refused_in_sandbox()
.about("The id of our certificate at UPI; not its serial number.");

pub static SIGNING_KEY_FILE: Field<PathBuf> = Field::new("upi.signing.key_file", PATH, |config| {
    config.upi.signing.as_ref().map(|key| key.key_file.clone())
})
.required()
.refused_in_sandbox()
.about("Our private key: PKCS#8, PKCS#1 or PKCS#12, as PEM, DER or bare base64.");

pub static SIGNING_PASSPHRASE_FILE: Field<PathBuf> =
    Field::new("upi.signing.passphrase_file", PATH, |config| {
        config.upi.signing.as_ref()?.passphrase_file.clone()
    })
    .refused_in_sandbox()
    .about("A file with the passphrase of an encrypted key.");

pub static SIGNING_CERT_FILE: Field<PathBuf> =
    Field::new("upi.signing.cert_file", PATH, |config| {
        config.upi.signing.as_ref()?.cert_file.clone()
    })
    .refused_in_sandbox()
    .about(
        "Our certificate that UPI has for the key: PEM, DER or bare base64. It is never sent; \
         it is held against the key, and its expiry is watched.",
    );

pub static ENCRYPTION_KID: Field<Kid> = Field::new("upi.encryption.kid", KID, |config| {
    config.upi.encryption.as_ref().map(|key| key.kid.clone())
})
.required()
.refused_in_sandbox()
.about("The id of UPI's encryption certificate.");

pub static ENCRYPTION_KEY_FILE: Field<PathBuf> =
    Field::new("upi.encryption.key_file", PATH, |config| {
        let encryption = config.upi.encryption.as_ref();
        encryption.map(|key| key.key_file.clone())
    })
    .required()
    .refused_in_sandbox()
    .about("UPI's encryption certificate or public key: PEM, DER or bare base64.");

pub static VERIFICATION: Field<Vec<KeyFile>> =
    Field::new("upi.verification", KEY_FILES, |config| {
        let keys = &config.upi.verification;
        (!keys.is_empty()).then(|| keys.clone())
    })
    .required()
    .refused_in_sandbox()
    .about("UPI's certificates or public keys that sign answers. Several while UPI changes keys.");

const KEY_FILES: Kind<Vec<KeyFile>> = Kind {
    shape: Shape::Toml,
    expected: || {
        "a list of keys such as [{ kid = \"…\", key_file = \"…\" }], at least one".to_owned()
    },
    read: |value| match value {
        Value::List(items) if !items.is_empty() => key_files(items),
        _ => Err(Flaws::Unexpected),
    },
    write: |keys| {
        let keys: Vec<_> = keys.iter().map(write).collect();
        format!("[{}]", keys.join(", "))
    },
};

pub fn signing(reader: &mut Reader) -> Option<SigningFiles> {
    let kid = reader.get(&SIGNING_KID);
    let key_file = reader.get(&SIGNING_KEY_FILE);
    let passphrase_file = reader.get(&SIGNING_PASSPHRASE_FILE);
    let cert_file = reader.get(&SIGNING_CERT_FILE);
    Some(SigningFiles {
        kid: kid?,
        key_file: key_file?,
        passphrase_file,
        cert_file,
    })
}

pub fn encryption(reader: &mut Reader) -> Option<KeyFile> {
    let kid = reader.get(&ENCRYPTION_KID);
    let key_file = reader.get(&ENCRYPTION_KEY_FILE);
    Some(KeyFile {
        kid: kid?,
        key_file: key_file?,
    })
}

fn write(key: &KeyFile) -> String {
    let path = (PATH.write)(&key.key_file);
    format!("{{ kid = {}, key_file = {path} }}", quote(key.kid.as_str()))
}

fn key_files(items: &[Value]) -> Result<Vec<KeyFile>, Flaws> {
    let mut keys: Vec<KeyFile> = Vec::new();
    let mut flaws = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let mut flaw = |part: &str, text: String| {
            let part = format!("[{index}]{part}");
            flaws.push(Flaw { part, text });
        };
        let Value::Table(table) = item else {
            flaw("", "expected a table with kid and key_file".to_owned());
            continue;
        };
        let Some(key) = key_file(table, &mut flaw) else {
            continue;
        };
        if keys.iter().any(|other| other.kid == key.kid) {
            flaw(".kid", "must not be that of another key".to_owned());
        }
        keys.push(key);
    }
    if flaws.is_empty() {
        Ok(keys)
    } else {
        Err(Flaws::Parts(flaws))
    }
}

fn key_file(
    table: &BTreeMap<String, Value>,
    flaw: &mut impl FnMut(&str, String),
) -> Option<KeyFile> {
    for name in table.keys() {
        if !["kid", "key_file"].contains(&name.as_str()) {
            let text = unknown(Some("kid or key_file".to_owned()));
            flaw(&format!(".{}", shown(name)), text);
        }
    }
    let kid = member(table, "kid", &KID, flaw);
    let key_file = member(table, "key_file", &PATH, flaw);
    Some(KeyFile {
        kid: kid?,
        key_file: key_file?,
    })
}

fn member<T>(
    table: &BTreeMap<String, Value>,
    name: &str,
    kind: &Kind<T>,
    flaw: &mut impl FnMut(&str, String),
) -> Option<T> {
    let value = table.get(name).map(kind.read);
    let missing = if value.is_none() { "missing; " } else { "" };
    let read = value.and_then(Result::ok);
    if read.is_none() {
        let text = format!("{missing}expected {}", (kind.expected)());
        flaw(&format!(".{name}"), text);
    }
    read
}
