//! Times as these commands read and write them. All are UTC.

use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::verify::port::{Clock as _, SystemClock};

/// Continues "expected …".
const EXPECTED: &str =
    "expected a day (2026-11-29), a time (2026-11-29T18:00:00Z) or how long ago (36h)";

/// A day's beginning, a time, or so long ago.
pub(super) fn parse(text: &str) -> Result<OffsetDateTime, &'static str> {
    if let Ok(ago) = humantime::parse_duration(text) {
        return time::Duration::try_from(ago)
            .ok()
            .and_then(|ago| SystemClock.now().checked_sub(ago))
            .ok_or(EXPECTED);
    }
    let whole = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        _ => text.to_owned(),
    };
    let parsed = humantime::parse_rfc3339(&whole);
    parsed.map(SystemTime::into).map_err(|_| EXPECTED)
}

/// Up to the second.
pub(super) fn shown(at: OffsetDateTime) -> String {
    exact(at.replace_nanosecond(0).unwrap_or(at))
}

/// With all that is recorded.
pub(super) fn exact(at: OffsetDateTime) -> String {
    // Only years beyond 9999 have no such form.
    at.format(&Rfc3339).unwrap_or_default()
}
