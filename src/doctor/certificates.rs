//! Certificates: of which key, valid when, and whether somebody took their serial number for
//! a kid.

use time::OffsetDateTime;
use time::macros::datetime;

use super::finding::{Finding, Verdict};
use crate::app::{self, KeyRole, Material};
use crate::upi::key::{CertificateInfo, ValidityState};

/// This program did not exist before.
const EARLIEST: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

/// What the certificates tell.
pub fn examine(keys: &[Material], now: OffsetDateTime) -> Vec<Finding> {
    let mut findings = Vec::new();
    for material in keys {
        findings.extend(belonging(material));
        findings.extend(serial(material));
        let certificate = material.own_certificate();
        let used = material.used_at(now);
        findings.extend(certificate.map(|certificate| expiry(material, certificate, used)));
        findings.extend(change(material, now));
    }
    findings.push(clock(keys, now));
    findings
}

/// When the key takes the place of another one.
fn change(material: &Material, now: OffsetDateTime) -> Option<Finding> {
    const CHECK: &str = "change";
    let not_before = material.not_before?;
    let (key, text) = (material.key("not_before"), app::change(not_before, now)?);
    Some(if not_before > now {
        Finding::ok(CHECK, key, text)
    } else {
        Finding::warning(
            CHECK,
            key,
            text,
            "name it in upi.signing, and take the section away",
        )
    })
}

/// That the certificate is that of the key; the judge tells when it is not.
fn belonging(material: &Material) -> Option<Finding> {
    let certificate = material.named.as_ref()?;
    let own = material.fingerprint()? == certificate.spki_sha256;
    let text = format!("is that of the key ({})", certificate.subject);
    own.then(|| Finding::ok("certificate", material.key("cert_file"), text))
}

fn expiry(material: &Material, certificate: &CertificateInfo, now: OffsetDateTime) -> Finding {
    const CHECK: &str = "expiry";
    let key = match material.named {
        Some(_) => material.key("cert_file"),
        None => material.source(),
    };
    let subject = &certificate.subject;
    let Some(trouble) = certificate.validity.trouble(now) else {
        let day = certificate.validity.not_after.date();
        return Finding::ok(CHECK, key, format!("valid until {day} ({subject})"));
    };
    // UPI's old signing certificate stays listed for a while after the new one has come.
    let harmless = material.role == KeyRole::Verification;
    let verdict = match certificate.validity.at(now) {
        ValidityState::NotYet | ValidityState::Expired if !harmless => Verdict::Wrong,
        _ => Verdict::Warning,
    };
    let advice = match material.role {
        KeyRole::Signing => "have a new certificate registered at UPI in time",
        KeyRole::Encryption | KeyRole::Verification => "ask UPI for its present certificate",
    };
    let text = format!("the certificate {trouble} ({subject})");
    Finding::new(verdict, CHECK, key, text, advice)
}

/// UPI's kid is an id of UPI's own.
fn serial(material: &Material) -> Option<Finding> {
    let certificate = material.own_certificate()?;
    let kid = material.kid.as_ref()?.as_str().to_ascii_uppercase();
    let digits = kid.trim_start_matches("0X").trim_start_matches('0');
    let hexadecimal = digits == certificate.serial.trim_start_matches('0');
    let decimal = digits == certificate.serial_decimal;
    (!digits.is_empty() && (hexadecimal || decimal)).then(|| {
        let text = "is the serial number of the key's certificate";
        let advice = "UPI's certificate id is another number; ask UPI for it";
        Finding::warning("kid", material.key("kid"), text, advice)
    })
}

/// What can be said of our clock without asking anybody.
fn clock(keys: &[Material], now: OffsetDateTime) -> Finding {
    const CHECK: &str = "clock";
    const KEY: &str = "upi.clock_window";
    const ADVICE: &str = "set the clock, and run a time service: UPI refuses 300 s of difference";
    let used = keys.iter().filter(|key| key.used_at(now) == now);
    let mut certificates = used.filter_map(Material::own_certificate);
    if now < EARLIEST {
        return Finding::wrong(
            CHECK,
            KEY,
            "the clock is before 2026, which is over",
            ADVICE,
        );
    }
    if certificates.any(|one| one.validity.at(now) == ValidityState::NotYet) {
        let text = "the clock is before the beginning of a certificate: one of them is wrong";
        return Finding::wrong(CHECK, KEY, text, ADVICE);
    }
    let text = "the clock is plausible; with --network it is compared with UPI's";
    Finding::ok(CHECK, KEY, text)
}
