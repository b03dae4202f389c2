//! What is read, what is refused, and what a refusal shows.

use std::time::Duration;

use super::{DIRECTIVES, Scenario, ScenarioError, Word};
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
        ("x", ScenarioError::Directive(Word::of("x"))),
        ("x=1", ScenarioError::Directive(Word::of("x"))),
        ("code=70,", ScenarioError::Directive(Word::of(""))),
        ("Code=70", ScenarioError::Directive(Word::of("Code"))),
        ("code", ScenarioError::Directive(Word::of("code"))),
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
        ("fault=", ScenarioError::Fault(Word::of(""))),
        (
            "fault=everything",
            ScenarioError::Fault(Word::of("everything")),
        ),
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

#[test]
fn the_example_of_each_directive_is_followed_and_asks_for_something() {
    for directive in DIRECTIVES {
        let asked = Scenario::parse(directive.example).unwrap();
        assert_ne!(asked, Scenario::default(), "{}", directive.name);
        let begins = format!("sandbox:{}=", directive.name);
        assert!(directive.example.starts_with(&begins));
    }
}

/// What the answer and the log say of such a scenario.
fn told(directives: &str) -> String {
    let refused = Scenario::parse(&format!("sandbox:{directives}"));
    refused.unwrap_err().to_string()
}

#[test]
fn an_unknown_directive_is_named_with_what_was_probably_meant() {
    for (directives, text) in [
        (
            "confidense=42",
            "\"confidense\" is no directive; did you mean confidence=?",
        ),
        ("Code=70", "\"Code\" is no directive; did you mean code=?"),
        ("hang", "\"hang\" is no directive; did you mean fault=hang?"),
        (
            "speed=1",
            "\"speed\" is no directive; there are confidence=, code=, delay=, fault=",
        ),
        (
            "fault=http-503",
            "\"http-503\" is no fault; did you mean fault=http-500?",
        ),
        (
            "fault=everything",
            "\"everything\" is no fault; \"idphoto sandbox --scenarios\" lists them",
        ),
    ] {
        assert_eq!(told(directives), text);
    }
}

#[test]
fn what_may_be_a_persons_is_not_shown() {
    for text in [
        "李雷",
        "11010519491231002X",
        "1101",
        "li lei",
        "a-word-of-more-than-twenty",
        "x\u{7}",
        "",
    ] {
        for directives in [
            format!("{text}=1"),
            format!("code=70,{text}"),
            format!("fault={text}"),
        ] {
            let told = told(&directives);
            assert!(
                told.starts_with("something that is not shown here is no "),
                "{told}"
            );
            assert!(text.is_empty() || !told.contains(text), "{told}");
        }
    }
}
