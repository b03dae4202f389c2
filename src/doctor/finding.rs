//! What a check found.

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// One check of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
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

    /// As it is printed for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
            Self::Unreachable => "unreachable",
        }
    }
}

impl Finding {
    pub(super) fn ok(check: &'static str, key: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            check,
            key: key.into(),
            verdict: Verdict::Ok,
            text: text.into(),
            advice: "",
        }
    }

    pub(super) fn warning(
        check: &'static str,
        key: impl Into<String>,
        text: impl Into<String>,
        advice: &'static str,
    ) -> Self {
        Self {
            verdict: Verdict::Warning,
            advice,
            ..Self::ok(check, key, text)
        }
    }

    pub(super) fn wrong(
        check: &'static str,
        key: impl Into<String>,
        text: impl Into<String>,
        advice: &'static str,
    ) -> Self {
        Self {
            verdict: Verdict::Wrong,
            advice,
            ..Self::ok(check, key, text)
        }
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
