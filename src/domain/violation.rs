//! What is wrong with a request: where, and which rule, never the value.

use std::borrow::Cow;
use std::fmt;

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field in `VerifyIdPhotoRequest`, e.g. `customer.id_number`.
    pub field: &'static str,
    /// The rule, in words that depend on the rule alone and never on the value.
    pub description: Cow<'static, str>,
}

impl Violation {
    /// Names the field and the rule it breaks.
    pub fn new(field: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            field,
            description: description.into(),
        }
    }
}

/// All broken rules of one request; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// For a check that failed: it found at least one.
    pub(super) const fn new(violations: Vec<Violation>) -> Self {
        Self(violations)
    }

    /// The violations in the order of the request's fields.
    pub fn iter(&self) -> impl Iterator<Item = &Violation> {
        self.0.iter()
    }
}

impl From<Violation> for Violations {
    fn from(violation: Violation) -> Self {
        Self(vec![violation])
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(
                f,
                "{separator}{}: {}",
                violation.field, violation.description
            )?;
        }
        Ok(())
    }
}
