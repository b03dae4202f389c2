//! The directives: one table for the parser, for `idphoto sandbox --scenarios` and for
//! `docs/sandbox.md`.

use std::time::Duration;

use serde::Serialize;

use super::super::fault::Fault;
use super::{Scenario, ScenarioError, Word};
use crate::domain::{Confidence, ResponseCode};

const MAX_DELAY: Duration = Duration::from_secs(600);

/// One directive: `NAME=VALUE`.
#[derive(Serialize)]
pub struct Directive {
    /// What stands before the `=`.
    pub name: &'static str,
    /// What stands behind it.
    pub value: &'static str,
    /// What the sandbox does.
    pub what: &'static str,
    /// A whole usage scenario with it.
    pub example: &'static str,
    #[serde(skip)]
    pub(super) follow: fn(&mut Scenario, &str) -> Result<(), ScenarioError>,
}

/// All of them.
pub const DIRECTIVES: &[Directive] = &[
    Directive {
        name: "confidence",
        value: "0 to 100",
        what: "Code 00 with this confidence",
        example: "sandbox:confidence=42",
        follow: |scenario, value| once(&mut scenario.confidence, confidence(value)?),
    },
    Directive {
        name: "code",
        value: "two letters or digits",
        what: "This response code; with 00 the confidence is computed as without a scenario",
        example: "sandbox:code=70",
        follow: |scenario, value| once(&mut scenario.code, code(value)?),
    },
    Directive {
        name: "delay",
        value: "a duration, at most 10m",
        what: "The answer waits so long",
        example: "sandbox:delay=3s",
        follow: |scenario, value| once(&mut scenario.delay, delay(value)?),
    },
    Directive {
        name: "fault",
        value: "the name of a fault",
        what: "The answer is wrong in this one way",
        example: "sandbox:fault=hang",
        follow: |scenario, value| {
            let unknown = || ScenarioError::Fault(Word::of(value));
            once(
                &mut scenario.fault,
                Fault::named(value).ok_or_else(unknown)?,
            )
        },
    },
];

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

fn code(value: &str) -> Result<ResponseCode, ScenarioError> {
    ResponseCode::parse(value).ok_or(ScenarioError::Code)
}

fn delay(value: &str) -> Result<Duration, ScenarioError> {
    let delay = humantime::parse_duration(value).ok();
    delay
        .filter(|delay| *delay <= MAX_DELAY)
        .ok_or(ScenarioError::Delay)
}
