//! What a check found.

use serde::Serialize;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing is the matter.
    Ok,
    /// It works, or may work, and should be looked at.
    Warning,
    /// The gateway would not start, or UPI would refuse.
    Wrong,
    /// UPI cannot be reached from here.
    Unreachable,
}

/// One check of one thing; as JSON with its members in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked, in a word: `kid`, `clock`.
    pub check: &'static str,
    /// The key of the configuration that was looked at, e.g. `upi.verification[0].kid`.
    pub key: String,
    /// How it ended.
    pub verdict: Verdict,
    /// What is the matter. Never a value of the configuration.
    pub text: String,
    /// What to do; empty when there is nothing to do.
    pub advice: &'static str,
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// In the order of the checks.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// As it is printed for people.
    #[must_use]
    pub const fn shown(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Wrong | Self::Unreachable => "WRONG",
        }
    }
}

impl Finding {
    pub(super) fn new(
        verdict: Verdict,
        check: &'static str,
        key: impl Into<String>,
        text: impl Into<String>,
        advice: &'static str,
    ) -> Self {
        Self {
            check,
            key: key.into(),
            verdict,
            text: text.into(),
            advice,
        }
    }

    pub(super) fn ok(check: &'static str, key: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(Verdict::Ok, check, key, text, "")
    }

    pub(super) fn warning(
        check: &'static str,
        key: impl Into<String>,
        text: impl Into<String>,
        advice: &'static str,
    ) -> Self {
        Self::new(Verdict::Warning, check, key, text, advice)
    }

    pub(super) fn wrong(
        check: &'static str,
        key: impl Into<String>,
        text: impl Into<String>,
        advice: &'static str,
    ) -> Self {
        Self::new(Verdict::Wrong, check, key, text, advice)
    }
}

impl Report {
    /// How many checks found something wrong, an unreachable gateway included.
    #[must_use]
    pub fn wrong(&self) -> usize {
        self.count(Verdict::Wrong) + self.count(Verdict::Unreachable)
    }

    /// How many checks found something that should be looked at.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.count(Verdict::Warning)
    }

    /// The gravest verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let verdicts = [Verdict::Wrong, Verdict::Unreachable, Verdict::Warning];
        let mut verdicts = verdicts.into_iter();
        verdicts
            .find(|verdict| self.count(*verdict) > 0)
            .unwrap_or(Verdict::Ok)
    }

    fn count(&self, verdict: Verdict) -> usize {
        let findings = self.findings.iter();
        findings
            .filter(|finding| finding.verdict == verdict)
            .count()
    }
}
