//! What a usage scenario asks for: `sandbox:` and directives, parted by commas.
//!
//! | directive | effect |
//! |---|---|
//! | `confidence=42` | code `00` with this score, 0 to 100 |
//! | `code=70` | this response code; with `00` the score is computed |
//! | `delay=3s` | the answer waits; at most ten minutes |
//! | `fault=NAME` | the answer is wrong in this way, see [`Fault`] |
//!
//! Each at most once, in any order. `sandbox:` alone asks for nothing.

use std::time::Duration;

use super::fault::Fault;
use crate::domain::{Confidence, ResponseCode};

const PREFIX: &str = "sandbox:";
const MAX_DELAY: Duration = Duration::from_secs(600);

/// The response code of a comparison.
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

/// What is wrong with a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// No such directive, or no `=`.
    #[error("a directive is one of confidence=, code=, delay=, fault=")]
    Directive,
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
    #[error("fault= takes the name of a fault, such as no-signature or hang")]
    Fault,
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

    fn follow(&mut self, directive: &str) -> Result<(), ScenarioError> {
        let (name, value) = directive.split_once('=').ok_or(ScenarioError::Directive)?;
        match name {
            "confidence" => once(&mut self.confidence, confidence(value)?),
            "code" => once(
                &mut self.code,
                ResponseCode::parse(value).ok_or(ScenarioError::Code)?,
            ),
            "delay" => once(&mut self.delay, delay(value)?),
            "fault" => once(
                &mut self.fault,
                value.parse().map_err(|_| ScenarioError::Fault)?,
            ),
            _ => Err(ScenarioError::Directive),
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

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), ScenarioError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(ScenarioError::Twice),
    }
}

fn confidence(value: &str) -> Result<Confidence, ScenarioError> {
    // `parse` alone would admit a plus sign.
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|_| digits);
    number
        .and_then(Confidence::new)
        .ok_or(ScenarioError::Confidence)
}

fn delay(value: &str) -> Result<Duration, ScenarioError> {
    let delay = humantime::parse_duration(value).ok();
    delay
        .filter(|delay| *delay <= MAX_DELAY)
        .ok_or(ScenarioError::Delay)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Scenario, ScenarioError};
    use crate::domain::{Confidence, ResponseCode};
    use crate::sandbox::Fault;

    #[test]
    fn text_without_directives_asks_for_nothing() {
        for text in [
            "account opening",
            "sandbox:",
            "",
            "a sandbox:code=70",
            "SANDBOX:x",
        ] {
            assert_eq!(Scenario::parse(text), Ok(Scenario::default()), "{text}");
        }
    }

    #[test]
    fn each_directive_is_read() {
        let scenario = Scenario::parse("sandbox:confidence=42").unwrap();
        assert_eq!(scenario.confidence, Confidence::new(42));
        let scenario = Scenario::parse("sandbox:code=70").unwrap();
        assert_eq!(scenario.code, ResponseCode::parse("70"));
        let scenario = Scenario::parse("sandbox:delay=1m 500ms").unwrap();
        assert_eq!(scenario.delay, Some(Duration::from_millis(60_500)));
        let scenario = Scenario::parse("sandbox:fault=hang").unwrap();
        assert_eq!(scenario.fault, Some(Fault::Hang));
    }

    #[test]
    fn directives_combine_in_any_order() {
        let expected = Scenario {
            confidence: Confidence::new(88),
            code: ResponseCode::parse("00"),
            delay: Some(Duration::from_secs(3)),
            fault: Some(Fault::Tampered),
        };
        for text in [
            "sandbox:delay=3s,confidence=88,code=00,fault=tampered",
            "sandbox:fault=tampered, code=00, confidence=88, delay=3s",
        ] {
            assert_eq!(Scenario::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_followed_is_named() {
        for (directives, error) in [
            ("x", ScenarioError::Directive),
            ("x=1", ScenarioError::Directive),
            ("code=70,", ScenarioError::Directive),
            ("Code=70", ScenarioError::Directive),
            ("code=70,code=71", ScenarioError::Twice),
            ("confidence=101", ScenarioError::Confidence),
            ("confidence=-1", ScenarioError::Confidence),
            ("confidence=+1", ScenarioError::Confidence),
            ("confidence=", ScenarioError::Confidence),
            ("confidence=1.5", ScenarioError::Confidence),
            ("code=7", ScenarioError::Code),
            ("code=700", ScenarioError::Code),
            ("code=7-", ScenarioError::Code),
            ("delay=3", ScenarioError::Delay),
            ("delay=11m", ScenarioError::Delay),
            ("delay=-1s", ScenarioError::Delay),
            ("fault=", ScenarioError::Fault),
            ("fault=everything", ScenarioError::Fault),
            ("code=70,confidence=1", ScenarioError::ConfidenceWithCode),
            (
                "code=70,fault=no-confidence",
                ScenarioError::ConfidenceWithCode,
            ),
        ] {
            let text = format!("sandbox:{directives}");
            assert_eq!(Scenario::parse(&text), Err(error), "{text}");
        }
    }
}
