//! How many verifications a caller may have sent.

use std::fmt;

/// How many verifications may be sent for a caller in a day, and in a month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget {
    /// In a day; no bound when it is `None`.
    pub daily: Option<u64>,
    /// In a month; no bound when it is `None`.
    pub monthly: Option<u64>,
}

impl Budget {
    /// Whether anything is bounded: then what is sent is counted.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        self.daily.is_some() || self.monthly.is_some()
    }

    /// The bound of a span.
    #[must_use]
    pub const fn of(&self, span: Span) -> Option<u64> {
        match span {
            Span::Day => self.daily,
            Span::Month => self.monthly,
        }
    }
}

/// For how long a budget is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Span {
    /// From midnight to midnight.
    Day,
    /// From the first of a month to that of the next.
    Month,
}

impl Span {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Day, Self::Month];

    /// Its name in metrics and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The key that bounds it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Day => "daily_budget",
            Self::Month => "monthly_budget",
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
