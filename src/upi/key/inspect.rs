//! Tells what a key file holds, for an operator who sorts out which file is which.

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, PKeyRef, Private};
use openssl::sha::sha256;
use openssl::x509::{X509, X509NameEntryRef, X509NameRef, X509VerifyResult};
use time::OffsetDateTime;

use super::form::Form;
use super::open;
use super::parts::{self, Part};
use super::{KeyError, Validity};
use crate::domain::Secret;

/// What a key file holds, without any of its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The file's form in words, e.g. "PKCS#8 PEM, encrypted".
    pub form: &'static str,
    /// Whether it holds a private key.
    pub private: bool,
    /// RSA modulus bits.
    pub bits: u32,
    /// SHA-256 of the SubjectPublicKeyInfo, lower-case hex: equal for both halves of a pair.
    pub spki_sha256: String,
    /// The certificate, if it is or contains one.
    pub certificate: Option<CertificateInfo>,
    /// Keys and certificates behind the one that counts which nobody uses: another private
    /// key, or a certificate that is not its issuer's.
    pub unused: usize,
}

/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateInfo {
    /// Subject as in RFC 4514, control characters escaped.
    pub subject: String,
    /// Issuer, likewise.
    pub issuer: String,
    /// Serial number, upper-case hex (which is *not* UPI's kid).
    pub serial: String,
    /// The same in decimal.
    pub serial_decimal: String,
    /// When it counts.
    pub validity: Validity,
    /// SHA-256 of the SubjectPublicKeyInfo in it, lower-case hex: that of the key it is for.
    pub spki_sha256: String,
}

impl Inspection {
    /// The certificate of this key. One that was found beside it and is for another key, an
    /// issuer's perhaps, is left out.
    #[must_use]
    pub fn own_certificate(&self) -> Option<&CertificateInfo> {
        let certificate = self.certificate.as_ref();
        certificate.filter(|certificate| certificate.spki_sha256 == self.spki_sha256)
    }
}

/// Looks into key material of any accepted form; also keys that are too weak to be used.
///
/// # Errors
/// The form is unknown, the passphrase is missing or wrong, or the key is not RSA.
pub fn inspect(bytes: &[u8], passphrase: Option<&Secret<String>>) -> Result<Inspection, KeyError> {
    let parts = parts::split(bytes)?;
    let part = parts
        .iter()
        .find(|part| part.form.is_private())
        .or_else(|| parts.first())
        .ok_or(KeyError::UnknownForm)?;
    if part.form.is_private() {
        let (key, certificate) = open::private(part, passphrase)?;
        let certificate = match certificate {
            Some(certificate) => Some(certificate),
            None => certificate_beside(&parts, &key)?,
        };
        let others = parts.iter().filter(|part| part.form.is_private()).skip(1);
        describe(part, &key, certificate, others.count())
    } else {
        let (key, certificate) = open::public(part)?;
        describe(part, &key, certificate, unused(&parts))
    }
}

/// How many of several public keys and certificates continue no chain (RFC 8446 section
/// 4.4.2: each one certifies the one before it).
fn unused(parts: &[Part]) -> usize {
    let pairs = parts.iter().zip(parts.iter().skip(1));
    pairs.filter(|(one, next)| !is_issued(one, next)).count()
}

/// Whether a certificate is by the owner of another one. One that is by itself ends a chain.
fn is_issued(one: &Part, by: &Part) -> bool {
    let certificate = |part: &Part| match part.form {
        Form::Certificate => X509::from_der(&part.content).ok(),
        _ => None,
    };
    let (Some(one), Some(by)) = (certificate(one), certificate(by)) else {
        return false;
    };
    let alone = one.issued(&one) == X509VerifyResult::OK;
    !alone && by.issued(&one) == X509VerifyResult::OK
}

/// The certificate of the key, else the first one.
fn certificate_beside(parts: &[Part], key: &PKeyRef<Private>) -> Result<Option<X509>, KeyError> {
    let certificates = parts.iter().filter(|part| part.form == Form::Certificate);
    let mut certificates = certificates
        .map(|part| X509::from_der(&part.content).map_err(|_| KeyError::Malformed))
        .collect::<Result<Vec<_>, _>>()?;
    let is_own = |one: &X509| one.public_key().is_ok_and(|public| public.public_eq(key));
    let own = certificates.iter().position(is_own).unwrap_or(0);
    Ok((own < certificates.len()).then(|| certificates.swap_remove(own)))
}

fn describe<T: HasPublic>(
    part: &Part,
    key: &PKeyRef<T>,
    certificate: Option<X509>,
    unused: usize,
) -> Result<Inspection, KeyError> {
    Ok(Inspection {
        form: part.form.in_words(part.armour),
        private: part.form.is_private(),
        bits: key.bits(),
        spki_sha256: fingerprint(key).ok_or(KeyError::Unusable)?,
        certificate: certificate
            .map(|certificate| CertificateInfo::of(&certificate).ok_or(KeyError::Malformed))
            .transpose()?,
        unused,
    })
}

impl CertificateInfo {
    fn of(certificate: &X509) -> Option<Self> {
        let serial = certificate.serial_number().to_bn().ok()?;
        Some(Self {
            subject: name(certificate.subject_name()).ok()?,
            issuer: name(certificate.issuer_name()).ok()?,
            serial: serial.to_hex_str().ok()?.to_string(),
            serial_decimal: serial.to_dec_str().ok()?.to_string(),
            validity: Validity {
                not_before: instant(certificate.not_before())?,
                not_after: instant(certificate.not_after())?,
            },
            spki_sha256: fingerprint(&*certificate.public_key().ok()?)?,
        })
    }
}

fn fingerprint<T: HasPublic>(key: &PKeyRef<T>) -> Option<String> {
    let spki = key.public_key_to_der().ok()?;
    Some(hex(&sha256(&spki)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 4514 writes the most specific part first, DER holds it last.
fn name(name: &X509NameRef) -> Result<String, ErrorStack> {
    let mut parts = name
        .entries()
        .map(attribute)
        .collect::<Result<Vec<_>, _>>()?;
    parts.reverse();
    Ok(parts.join(","))
}

fn attribute(entry: &X509NameEntryRef) -> Result<String, ErrorStack> {
    let kind = match entry.object().nid() {
        Nid::UNDEF => entry.object().to_string(),
        nid => nid.short_name()?.to_owned(),
    };
    let value = entry.data().to_string()?;
    Ok(format!("{kind}={}", escape(&value)))
}

/// A name comes from a stranger and goes to a terminal.
fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ if character.is_control() => escaped.extend(character.escape_unicode()),
            _ => escaped.push(character),
        }
    }
    escaped
}

fn instant(instant: &Asn1TimeRef) -> Option<OffsetDateTime> {
    const SECONDS_A_DAY: i64 = 86_400;
    let since_epoch = Asn1Time::from_unix(0).ok()?.diff(instant).ok()?;
    let seconds = i64::from(since_epoch.days) * SECONDS_A_DAY + i64::from(since_epoch.secs);
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}
