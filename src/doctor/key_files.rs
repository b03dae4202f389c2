//! Each key's files: can they be read, what form have they, is the key long enough, does the
//! passphrase open it.

use super::finding::Finding;
use super::material::{BadPassphrase, Material};
use super::odd;
use crate::app::KeyRole;
use crate::upi::key::{Inspection, KeyError};

const FILE: &str = "key file";
const PASSPHRASE: &str = "passphrase";

/// What is found in one key's files.
pub fn examine(material: &Material) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(passphrase(material));
    findings.extend(form(material));
    findings.extend(lines(material));
    findings.extend(surplus(material));
    findings.extend(permissions(material));
    findings
}

fn form(material: &Material) -> Option<Finding> {
    let key = material.key("key_file");
    let bytes = match material.file.as_ref()? {
        Ok(bytes) => bytes,
        Err(error) => {
            let advice = "name a file that the gateway's user can read";
            return Some(Finding::wrong(FILE, key, error.to_string(), advice));
        }
    };
    match (material.loaded.as_ref()?, &material.found) {
        (Ok(_), Some(found)) => Some(Finding::ok(FILE, key, describe(found))),
        (Ok(_), None) => None,
        (Err(error), found) => Some(refusal(key, *error, bytes, found.as_ref())),
    }
}

fn describe(found: &Inspection) -> String {
    format!("{}, RSA of {} bits", found.form, found.bits)
}

fn refusal(key: String, error: KeyError, bytes: &[u8], found: Option<&Inspection>) -> Finding {
    let odd = match error {
        KeyError::UnknownForm | KeyError::Malformed => odd::explain(bytes),
        _ => None,
    };
    if let Some((text, advice)) = odd {
        return Finding::wrong(FILE, key, text, advice);
    }
    let what = found.map(|found| format!(" (the file is {})", describe(found)));
    let text = format!("{error}{}", what.unwrap_or_default());
    let check = match error {
        KeyError::PassphraseMissing | KeyError::PassphraseWrong => PASSPHRASE,
        _ => FILE,
    };
    Finding::wrong(check, key, text, advice(error))
}

const fn advice(error: KeyError) -> &'static str {
    match error {
        KeyError::PassphraseMissing => {
            "name a file with the passphrase in upi.signing.passphrase_file"
        }
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

/// Base64 in lines is read here, and by other tools often not.
fn lines(material: &Material) -> Option<Finding> {
    let bytes = material.file.as_ref()?.as_ref().ok()?;
    let form = material.found.as_ref()?.form;
    let lines = bytes.trim_ascii().split(|byte| *byte == b'\n').count();
    (form.contains("base64") && lines > 1).then(|| {
        let text = format!("bare base64 with line breaks ({lines} lines); it is read as one text");
        let advice = "nothing to do here; other tools may want PEM armour around it";
        Finding::warning(FILE, material.key("key_file"), text, advice)
    })
}

/// Of several keys or certificates the first counts, and the others wait for nothing.
fn surplus(material: &Material) -> Option<Finding> {
    let unused = material.found.as_ref()?.unused;
    (unused > 0).then(|| {
        let text = format!("the first key or certificate is used, {unused} more are not");
        let advice = "leave one in each file; upi.verification takes one entry for each key";
        Finding::warning(FILE, material.key("key_file"), text, advice)
    })
}

fn permissions(material: &Material) -> Option<Finding> {
    let exposed = material.role == KeyRole::Signing && material.readable_by_others;
    exposed.then(|| {
        let text = "every user of this machine can read or change the private key";
        Finding::warning(
            "permissions",
            material.key("key_file"),
            text,
            "chmod o= FILE",
        )
    })
}

fn passphrase(material: &Material) -> Option<Finding> {
    let key = material.key("passphrase_file");
    let encrypted = material
        .found
        .as_ref()
        .is_some_and(|found| found.form.contains("encrypted") || found.form.contains("PKCS#12"));
    match material.passphrase.as_ref()? {
        Err(BadPassphrase::File(error)) => {
            let advice = "name a file that the gateway's user can read";
            Some(Finding::wrong(PASSPHRASE, key, error.to_string(), advice))
        }
        Err(BadPassphrase::NotText) => {
            let advice = "write the passphrase into it as UTF-8 text, and nothing else";
            Some(Finding::wrong(PASSPHRASE, key, "is not UTF-8 text", advice))
        }
        Err(BadPassphrase::Empty) => {
            let advice = "write the passphrase into it, and nothing else";
            Some(Finding::wrong(PASSPHRASE, key, "is empty", advice))
        }
        Ok(_) if material.found.is_some() && !encrypted => {
            let text = "is not needed: the key is not encrypted";
            Some(Finding::warning(
                PASSPHRASE,
                key,
                text,
                "leave it out, or encrypt the key",
            ))
        }
        Ok(_) if material.found.is_some() => Some(Finding::ok(PASSPHRASE, key, "opens the key")),
        Ok(_) => None,
    }
}
