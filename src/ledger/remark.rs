//! What there is to say of a ledger.

/// How a look at something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// Nothing is the matter.
    Good,
    /// It works, or may work, and should be looked at.
    Doubtful,
    /// A gateway would not start, or could not claim an order.
    Wrong,
    /// There is no way to it.
    Unreachable,
}

/// What was found. It repeats no value of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// How the look ended.
    pub grade: Grade,
    /// The key of the configuration that was looked at.
    pub key: &'static str,
    /// What is the matter.
    pub text: String,
    /// What to do; empty when there is nothing to do.
    pub advice: &'static str,
}

/// The key of most remarks.
pub(super) const URL: &str = "ledger.url";

impl Remark {
    pub(super) fn good(text: impl Into<String>) -> Self {
        Self {
            grade: Grade::Good,
            key: URL,
            text: text.into(),
            advice: "",
        }
    }

    pub(super) fn doubt(text: impl Into<String>, advice: &'static str) -> Self {
        Self {
            grade: Grade::Doubtful,
            advice,
            ..Self::good(text)
        }
    }

    pub(super) fn wrong(text: impl Into<String>, advice: &'static str) -> Self {
        Self {
            grade: Grade::Wrong,
            advice,
            ..Self::good(text)
        }
    }
}
