//! What a usage scenario asks for: `sandbox:` and directives of [`DIRECTIVES`], parted by
//! commas.
//!
//! Each at most once, in any order. `sandbox:` alone asks for nothing.

use std::time::Duration;

use super::fault::Fault;
use crate::domain::{Confidence, ResponseCode};

mod directive;
mod word;

pub use directive::{DIRECTIVES, Directive};
pub use word::Word;

/// What begins a usage scenario that the sandbox follows.
pub const PREFIX: &str = "sandbox:";

const APPROVED: &str = "00";

/// What was asked for; by default nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scenario {
    /// The score to answer with.
    pub confidence: Option<Confidence>,
    /// The response code to answer with.
    pub code: Option<ResponseCode>,
    /// How long the answer waits.
    pub delay: Option<Duration>,
    /// How the answer is wrong.
    pub fault: Option<Fault>,
}

/// What is wrong with a scenario. The text goes into the answer and into the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// No such directive, or no `=`.
    #[error("{0} is no directive{advice}", advice = word::advice_on_directive(.0))]
    Directive(Word),
    /// One directive twice.
    #[error("each directive is given at most once")]
    Twice,
    /// Not a score.
    #[error("confidence= takes a whole number from 0 to 100")]
    Confidence,
    /// Not a response code.
    #[error("code= takes two letters or digits")]
    Code,
    /// Not a duration, or too long.
    #[error("delay= takes a duration such as 3s or 500ms, at most 10m")]
    Delay,
    /// Not a fault.
    #[error("{0} is no fault{advice}", advice = word::advice_on_fault(.0))]
    Fault(Word),
    /// A score that the answer has no place for.
    #[error("a confidence goes with code 00 only")]
    ConfidenceWithCode,
}

impl Scenario {
    /// Reads a usage scenario. Text without the prefix asks for nothing.
    ///
    /// # Errors
    /// The first directive that cannot be followed.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let mut scenario = Self::default();
        let directives = text.strip_prefix(PREFIX).unwrap_or_default();
        for directive in directives.split(',').filter(|_| !directives.is_empty()) {
            scenario.follow(directive.trim())?;
        }
        if scenario.demands_score() && scenario.rejects() {
            return Err(ScenarioError::ConfidenceWithCode);
        }
        Ok(scenario)
    }

    fn follow(&mut self, text: &str) -> Result<(), ScenarioError> {
        let (name, value) = text.split_once('=').unzip();
        let name = name.unwrap_or(text);
        let known = DIRECTIVES.iter().find(|directive| directive.name == name);
        match known.zip(value) {
            Some((directive, value)) => (directive.follow)(self, value),
            None => Err(ScenarioError::Directive(Word::of(name))),
        }
    }

    fn rejects(&self) -> bool {
        self.code.is_some_and(|code| code.as_str() != APPROVED)
    }

    const fn demands_score(&self) -> bool {
        self.confidence.is_some()
            || matches!(self.fault, Some(Fault::NoConfidence | Fault::Confidence101))
    }
}

#[cfg(test)]
mod tests;
