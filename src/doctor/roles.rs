//! Keys beside each other: has each role its own, and each kid one key.

use super::finding::Finding;
use crate::app::{KeyRole, Material};
use crate::upi::key::Kid;

#[cfg(test)]
mod tests;

const ROLES: &str = "roles";
const KID: &str = "kid";

/// Shorter kids stand in file names by chance.
const TELLING_KID: usize = 4;

/// What is found when keys are compared.
pub fn examine(keys: &[Material]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, one) in keys.iter().enumerate() {
        for other in keys.iter().skip(index + 1) {
            findings.extend(swapped(one, other));
            findings.extend(same_key(one, other));
            findings.extend(same_kid(one, other));
        }
        findings.extend(misnamed(one, keys));
    }
    let known = keys
        .iter()
        .filter(|key| key.fingerprint().is_some())
        .count();
    if findings.is_empty() && known > 1 {
        let text = format!("{known} keys, each in one role and under one kid");
        findings.push(Finding::ok(ROLES, "upi", text));
    }
    findings
}

/// A private key where UPI's belongs, and none where ours does.
fn swapped(one: &Material, other: &Material) -> Option<Finding> {
    let public = one.found.as_ref().is_some_and(|found| !found.private);
    let swapped = one.role == KeyRole::Signing && public && other.is_private;
    swapped.then(|| {
        let place = other.source();
        let text = format!("holds a public key and {place} a private one: they look swapped");
        Finding::wrong(ROLES, one.key("key_file"), text, "swap the two files")
    })
}

fn same_key(one: &Material, other: &Material) -> Option<Finding> {
    // A new certificate for the same key is no mistake.
    let successor = other.not_before.is_some() && one.role == other.role;
    if successor || one.fingerprint()? != other.fingerprint()? {
        return None;
    }
    let key = other.source();
    let place = &one.place;
    if one.role == KeyRole::Signing {
        let text = format!("is our own key, that of {place}: the roles are swapped or mixed");
        let advice = "name UPI's certificate there; ours signs, UPI's verify and encrypt";
        return Some(Finding::wrong(ROLES, key, text, advice));
    }
    (one.kid != other.kid).then(|| {
        let text = format!(
            "is the same key as that of {place}, under another kid: it may be the wrong key for \
             one of them"
        );
        let advice = "compare both with the certificates that UPI sent, by their kids";
        Finding::warning(KID, key, text, advice)
    })
}

fn same_kid(one: &Material, other: &Material) -> Option<Finding> {
    let same = one.kid.as_ref()? == other.kid.as_ref()?;
    let differ = one.fingerprint()? != other.fingerprint()?;
    (same && differ).then(|| {
        let text = format!(
            "is the kid of {}, too, and the keys differ: one of them is the wrong key for it",
            one.place
        );
        let advice = "UPI gives each certificate an id of its own; compare both with UPI's";
        Finding::wrong(KID, other.key("kid"), text, advice)
    })
}

/// Files are often named after the kid.
fn misnamed(one: &Material, keys: &[Material]) -> Option<Finding> {
    let name = one.file_name.as_ref()?;
    let own = one.kid.as_ref()?.as_str();
    let other = keys.iter().find(|other| {
        let kid = other.kid.as_ref().map(Kid::as_str);
        let kid = kid.filter(|kid| kid.len() >= TELLING_KID);
        kid.is_some_and(|kid| kid != own && name.contains(kid) && !own.contains(kid))
    })?;
    (!name.contains(own)).then(|| {
        let text = format!(
            "the file is called by the kid of {}: it may be the wrong key for this one",
            other.place
        );
        let advice = "compare the file with the certificate that UPI has under this kid";
        Finding::warning(KID, one.key("key_file"), text, advice)
    })
}
