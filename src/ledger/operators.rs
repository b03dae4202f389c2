//! What operators see and set of callers.

use time::OffsetDateTime;

use crate::domain::CallerName;

/// Everything about callers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// What is counted, ordered by caller and period.
    pub counts: Vec<Counted>,
    /// Who is stopped.
    pub stops: Vec<Stop>,
    /// Entries of the journal about callers: time in microseconds, event, encoding.
    pub journal: Vec<(i64, String, String)>,
}

/// What is counted to a period of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Whose.
    pub caller: String,
    /// The day (`2027-01-15`) or the month (`2027-01`).
    pub period: String,
    /// Orders that are counted.
    pub used: i64,
    /// By how many an operator has raised the budget.
    pub extra: i64,
}

/// A caller for whom nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Its name.
    pub caller: String,
    /// Since when.
    pub since: OffsetDateTime,
}

/// That a caller is stopped, or goes on.
#[derive(Debug, Clone)]
pub struct Halt {
    /// Who.
    pub caller: CallerName,
    /// Whether nothing is sent for it.
    pub stopped: bool,
    /// The operator's words.
    pub note: String,
}

/// By how many the budget of a caller is raised in one period; fewer than none lower it.
#[derive(Debug, Clone)]
pub struct Allowance {
    /// Whose.
    pub caller: CallerName,
    /// The day (`2027-01-15`) or the month (`2027-01`).
    pub period: String,
    /// By how many; it takes the place of what was set before.
    pub extra: i64,
    /// The operator's words.
    pub note: String,
}
