//! What is in force, and what was said of the configuration when it was read last.

use std::fmt::Write as _;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::config::{Config, Problem, Problems};

/// What is in force, and what was said of the configuration when it was read last.
#[derive(Debug, Clone)]
pub struct Report {
    in_force: String,
    /// Keys whose new values need a restart.
    left_out: Vec<&'static str>,
    /// Why the last one was refused.
    problems: Vec<Problem>,
    at: OffsetDateTime,
}

impl Report {
    pub(super) fn good(in_force: &Config, left_out: Vec<&'static str>) -> Self {
        Self {
            in_force: in_force.print(),
            left_out,
            problems: Vec::new(),
            at: OffsetDateTime::now_utc(),
        }
    }

    /// Another configuration is bad; this one stays.
    pub(super) fn refuse(&mut self, problems: &Problems) {
        self.problems = problems.iter().cloned().collect();
        self.left_out = Vec::new();
        self.at = OffsetDateTime::now_utc();
    }

    /// Whether the last one was good.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.problems.is_empty()
    }

    /// Why the last one was refused: nothing when it was not.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The keys whose new values need a restart.
    #[must_use]
    pub fn left_out(&self) -> &[&'static str] {
        &self.left_out
    }

    /// The configuration in force as TOML, with what is to be said of it in comments above.
    #[must_use]
    pub fn page(&self) -> String {
        let seconds = self.at.replace_nanosecond(0).unwrap_or(self.at);
        let at = seconds.format(&Rfc3339).unwrap_or_default();
        let mut page = String::new();
        // Writing to a String does not fail.
        if self.is_good() {
            let _ = writeln!(page, "# read at {at}");
        } else {
            let _ = writeln!(
                page,
                "# This stays in force. What was read at {at} is refused:"
            );
        }
        for problem in &self.problems {
            let _ = writeln!(page, "#   {problem}");
        }
        if !self.left_out.is_empty() {
            let keys = self.left_out.join(", ");
            let _ = writeln!(page, "# changed, but needs a restart: {keys}");
        }
        page + "\n" + &self.in_force
    }
}
