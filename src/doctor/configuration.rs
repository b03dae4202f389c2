//! The configuration itself: everything that its reader refuses, in better words where the
//! form of a value tells why; and what it admits and yet looks odd.

use super::finding::Finding;
use super::forms::{self, Remark};
use crate::config::{Problem, Survey, UpiDraft};

const CHECK: &str = "configuration";
const BASE_URL: &str = "upi.base_url";
const REQUEST_PATH: &str = "upi.request_path";
const APP_ID: &str = "upi.app_id";

/// A value whose form is looked at.
struct Formed {
    check: &'static str,
    key: String,
    remark: Option<Remark>,
}

/// What is found in the values.
pub fn examine(survey: &Survey, upi: &UpiDraft) -> Vec<Finding> {
    let formed = formed(survey, upi);
    let explained = |problem: &Problem| {
        let named = formed.iter().find(|one| one.key == problem.place);
        named.is_some_and(|one| one.remark.is_some())
    };
    let problems = survey.problems().filter(|problem| !explained(problem));
    let mut findings: Vec<_> = problems.map(refused).collect();
    if survey.config().is_some() {
        let text = "every key is known, and every mandatory one is there";
        findings.insert(0, Finding::ok(CHECK, "(all)", text));
    }
    findings.extend(survey.config().into_iter().flat_map(warnings));
    let refused = |key: &str| survey.problems().any(|problem| problem.place == key);
    findings.extend(
        formed
            .iter()
            .filter_map(|one| finding(one, refused(&one.key))),
    );
    findings
}

fn refused(problem: &Problem) -> Finding {
    let origin = problem.origin.as_ref();
    let origin = origin
        .map(|origin| format!(" ({origin})"))
        .unwrap_or_default();
    let text = format!("{}{origin}", problem.text);
    let advice = "mend it; idphoto.example.toml shows every key";
    Finding::wrong(CHECK, &problem.place, text, advice)
}

/// The sentences begin with the key.
fn warnings(config: &crate::config::Config) -> impl Iterator<Item = Finding> {
    config.warnings().into_iter().map(|sentence| {
        let (key, text) = sentence.split_once(' ').unwrap_or((CHECK, &sentence));
        Finding::warning(CHECK, key, text, "docs/configuration.md explains the key")
    })
}

fn finding(one: &Formed, refused: bool) -> Option<Finding> {
    match one.remark {
        Some(Remark {
            verdict,
            text,
            advice,
        }) => Some(Finding {
            verdict,
            ..Finding::wrong(one.check, &one.key, text, advice)
        }),
        None if refused => None,
        None => Some(Finding::ok(
            one.check,
            &one.key,
            "has the form that it should have",
        )),
    }
}

/// Every given value whose form tells something.
fn formed(survey: &Survey, upi: &UpiDraft) -> Vec<Formed> {
    let host = survey.text(BASE_URL).and_then(host);
    let path = survey.text(REQUEST_PATH);
    let mut formed = Vec::new();
    let mut look = |check, key: String, remark| {
        formed.push(Formed { check, key, remark });
    };
    if let Some(text) = survey.text(BASE_URL) {
        look("address", BASE_URL.to_owned(), forms::base_url(text, path));
    }
    if let Some(text) = path {
        look(
            "path",
            REQUEST_PATH.to_owned(),
            forms::request_path(text, host),
        );
    }
    if let Some(text) = survey.text(APP_ID) {
        look("app id", APP_ID.to_owned(), forms::app_id(text));
    }
    for (key, kid) in kids(upi) {
        look("kid", key, forms::kid(kid));
    }
    formed
}

fn kids(upi: &UpiDraft) -> impl Iterator<Item = (String, &str)> {
    let ours = [
        ("upi.signing.kid", &upi.signing),
        ("upi.encryption.kid", &upi.encryption),
    ];
    let ours = ours.map(|(key, draft)| (key.to_owned(), draft));
    let theirs = upi.verification.iter().enumerate();
    let theirs = theirs.map(|(index, draft)| (format!("upi.verification[{index}].kid"), draft));
    let all = ours.into_iter().chain(theirs);
    all.filter_map(|(key, draft)| Some((key, draft.kid.as_deref()?)))
}

/// The host of an address, good or bad.
fn host(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    (!host.is_empty()).then_some(host)
}
