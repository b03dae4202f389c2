//! What the judge of configurations says, and what there is to say of the values that it found
//! good.

use super::finding::{Finding, Verdict};
use crate::app::{KeyRole, Material, Preparation};
use crate::config::{Problem, Survey};

const CHECK: &str = "configuration";

/// Values whose form is told when it is good.
const FORMED: [&str; 3] = ["upi.base_url", "upi.request_path", "upi.app_id"];

/// Problems, warnings, and what is good.
pub fn examine(survey: &Survey, prepared: &Preparation) -> Vec<Finding> {
    let problems = prepared.outcome.as_ref().err();
    let problems: Vec<_> = problems.into_iter().flat_map(|all| all.iter()).collect();
    let wrong = problems
        .iter()
        .map(|problem| remark(problem, Verdict::Wrong));
    let mut findings: Vec<_> = wrong.collect();
    if survey.read.problems().is_empty() {
        let text = "every key is known, and every mandatory one is there";
        findings.insert(0, Finding::ok(CHECK, "(all)", text));
    }
    let warned = prepared.warnings.iter();
    findings.extend(warned.map(|warning| remark(warning, Verdict::Warning)));
    let told = |key: &String| !findings.iter().any(|finding| finding.key == *key);
    let good = good(survey, &prepared.keys).filter(|(key, _)| told(key));
    let good: Vec<_> = good
        .map(|(key, text)| Finding::ok(check(&key), key, text))
        .collect();
    findings.extend(good);
    findings.extend(prepared.keys.iter().filter_map(permissions));
    findings
}

fn permissions(material: &Material) -> Option<Finding> {
    let exposed = material.role == KeyRole::Signing && material.is_exposed;
    let (name, text) = match material.in_token {
        true => (
            "pkcs11.pin_file",
            "every user of this machine can read or change the PIN",
        ),
        false => (
            "key_file",
            "every user of this machine can read or change the private key",
        ),
    };
    let key = material.key(name);
    exposed.then(|| Finding::warning("permissions", key, text, "chmod o= FILE"))
}

fn remark(problem: &Problem, verdict: Verdict) -> Finding {
    let origin = problem.origin.as_ref();
    let origin = origin
        .filter(|_| verdict == Verdict::Wrong)
        .map(|origin| format!(" ({origin})"));
    let advice = match problem.advice {
        "" => "fix it; docs/configuration.md explains the key",
        advice => advice,
    };
    let text = format!("{}{}", problem.text, origin.unwrap_or_default());
    let place = &problem.place;
    Finding::new(verdict, check(place), place, text, advice)
}

/// Keys with what can be said of them.
fn good(survey: &Survey, keys: &[Material]) -> impl Iterator<Item = (String, String)> {
    let form = |key: String| (key, "has the form that it should have".to_owned());
    let formed = FORMED.into_iter().filter(|key| survey.read.has(key));
    let formed = formed.map(move |key| form(key.to_owned()));
    formed.chain(keys.iter().flat_map(move |material| {
        let kid = material.kid.is_some().then(|| form(material.key("kid")));
        let file = material.half.as_ref().and(material.describe());
        let file = file.map(|text| (material.source(), text));
        let opened = (material.key("passphrase_file"), "opens the key".to_owned());
        let opened = material.is_opened.then_some(opened);
        [kid, file, opened].into_iter().flatten()
    }))
}

fn check(key: &str) -> &'static str {
    match key.rsplit('.').next() {
        Some("kid") => "kid",
        Some("key_file") if !key.starts_with("server") => "key file",
        Some("passphrase_file") => "passphrase",
        Some("module" | "token" | "label" | "pin_file") => "token",
        Some("cert_file") if !key.starts_with("server") => "certificate",
        Some("base_url") => "address",
        Some("request_path") => "path",
        Some("app_id") => "app id",
        _ => CHECK,
    }
}
