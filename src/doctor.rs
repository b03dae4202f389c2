//! Says in plain words what is wrong with a configuration and its keys, or would make UPI
//! refuse: UPI itself answers everything with one 401.
//!
//! Every check looks at what was given, good or bad, so that all causes are named at once.
//! None of them repeats a value: a passphrase may stand where a kid belongs. Of certificates
//! the subject is told, of keys form and size.

use time::OffsetDateTime;

use crate::app::KeyRole;
use crate::config::Survey;

mod certificates;
mod configuration;
mod finding;
mod forms;
mod key_files;
mod material;
mod network;
mod odd;
mod roles;
mod route;
mod samples;

pub use finding::{Finding, Report, Verdict};
pub use network::examine as examine_network;

use material::Material;

/// Looks at the configuration and every file that it names for UPI. Nothing is sent.
#[must_use]
pub fn examine(survey: &Survey, now: OffsetDateTime) -> Report {
    let upi = survey.upi();
    let keys = Material::of_all(&upi);
    let mut findings = configuration::examine(survey, &upi);
    findings.extend(keys.iter().flat_map(key_files::examine));
    findings.extend(roles::examine(&keys));
    findings.extend(certificates::examine(&keys, now));
    findings.extend(samples::examine(&keys));
    findings.extend(route::examine(&upi));
    Report { findings }
}

/// The section of a role's key.
const fn section(role: KeyRole) -> &'static str {
    match role {
        KeyRole::Signing => "upi.signing",
        KeyRole::Encryption => "upi.encryption",
        KeyRole::Verification => "upi.verification",
    }
}
