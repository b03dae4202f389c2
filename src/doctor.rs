//! Says in plain words what is wrong with a configuration and its keys, or would make UPI
//! refuse: UPI itself answers everything with one 401.
//!
//! Whether the configuration is good, [`prepare`](crate::app::prepare) has judged. Here is what
//! only a look at all keys together, at their certificates, at samples and at the network tells.
//! No check repeats a value: a passphrase may stand where a kid belongs. Of certificates the
//! subject is told, of keys form and size.

use time::OffsetDateTime;

use crate::app::Preparation;
use crate::config::Survey;

mod bearer;
mod certificates;
mod finding;
mod judged;
mod ledger;
mod network;
mod roles;
mod samples;

pub use bearer::examine as examine_tokens;
pub use finding::{Finding, Report, Verdict};
pub use ledger::examine as examine_ledger;
pub use network::examine as examine_network;

/// Looks at what was judged, and at the keys. Nothing is sent.
#[must_use]
pub fn examine(survey: &Survey, prepared: &Preparation, now: OffsetDateTime) -> Report {
    let keys = &prepared.keys;
    let mut findings = judged::examine(survey, prepared);
    findings.extend(roles::examine(keys));
    findings.extend(certificates::examine(keys, now));
    findings.extend(samples::examine(keys));
    Report { findings }
}
