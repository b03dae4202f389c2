//! How a command ends without an answer, for people and for programs.

use std::io::{self, Write};

use serde_json::{Value, json};
use tonic::Code;

use crate::cli::exit::Exit;

mod origin;

/// The dispatch and the advice where the gateway has said nothing: see docs/errors.md.
const UNKNOWN_TO_CLIENT: &str = "UNKNOWN_TO_CLIENT";
const ASK_FIRST: &str = "ASK_FIRST";

/// An error of the contract, read from its details and never from its text, or one that the
/// command made itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub code: Code,
    /// `ErrorReason`, without its prefix, or a word of the command's own; empty when something
    /// else than the gateway answered.
    pub reason: String,
    /// Whether it was sent: `NOT_SENT`, `REFUSED`, `IN_FLIGHT`, `UNKNOWN`, `UNKNOWN_TO_CLIENT`
    /// (the gateway said nothing), or empty.
    pub dispatch: String,
    /// What to do: `SAME_ORDER`, `NEW_ORDER`, `FIX_REQUEST`, `NEVER`, `ASK_FIRST`, or empty.
    pub retry: String,
    /// Field path and rule of each violation.
    pub violations: Vec<(String, String)>,
    /// Whose limit was reached, and the key of it, for each.
    pub quota: Vec<(String, String)>,
    pub message: String,
    /// What helps, for people; may be empty.
    pub advice: String,
    /// How the command ends; `None` by code and dispatch.
    exit: Option<Exit>,
}

/// What a command was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    Order(&'a str),
    Health(&'a str),
    /// It did not come so far.
    Nothing,
}

impl Failure {
    /// The exit code of a command that ends with this error.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if let Some(exit) = self.exit {
            return exit;
        }
        match (self.code, self.dispatch.as_str()) {
            (_, UNKNOWN_TO_CLIENT) => Exit::NoAnswer,
            (Code::InvalidArgument | Code::AlreadyExists, _) => Exit::BadData,
            (Code::NotFound, _) | (_, "IN_FLIGHT" | "UNKNOWN") => Exit::NoAnswer,
            (Code::Internal, _) => Exit::Fault,
            (Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded, _) => {
                Exit::Unavailable
            }
            _ => Exit::Failure,
        }
    }

    /// Tells it: as JSON on `out`, or to people on standard error.
    pub fn tell(
        &self,
        as_json: bool,
        subject: Subject<'_>,
        out: &mut dyn Write,
    ) -> io::Result<Exit> {
        if as_json {
            let error = self.to_json();
            let told = match subject {
                Subject::Order(order_id) => json!({"order_id": order_id, "error": error}),
                Subject::Health(service) => json!({"service": service, "error": error}),
                Subject::Nothing => json!({"error": error}),
            };
            writeln!(out, "{told}")?;
        } else {
            let mut told = self.clone();
            if !matches!(subject, Subject::Order(_)) {
                told.dispatch.clear();
            }
            writeln!(io::stderr(), "{}", told.to_text())?;
        }
        Ok(self.exit())
    }

    #[must_use]
    pub fn to_text(&self) -> String {
        let reason = match self.reason.as_str() {
            "" => "no word from the gateway",
            reason => reason,
        };
        let mut text = format!("{reason} ({:?}): {}", self.code, self.message);
        for (what, rule) in self.violations.iter().chain(&self.quota) {
            text.push_str(&format!("\n  {what}: {rule}"));
        }
        if !self.dispatch.is_empty() {
            text.push_str(&format!(
                "\n  dispatch {}, retry {}",
                self.dispatch, self.retry
            ));
        }
        if !self.advice.is_empty() {
            text.push_str(&format!("\n  {}", self.advice));
        }
        text
    }

    #[must_use]
    pub fn to_json(&self) -> Value {
        let violations: Vec<Value> = self
            .violations
            .iter()
            .map(|(field, rule)| json!({"field": field, "description": rule}))
            .collect();
        let quota: Vec<Value> = self
            .quota
            .iter()
            .map(|(subject, limit)| json!({"subject": subject, "description": limit}))
            .collect();
        json!({
            "code": format!("{:?}", self.code),
            "reason": self.reason,
            "dispatch": self.dispatch,
            "retry": self.retry,
            "violations": violations,
            "quota": quota,
            "message": self.message,
            "advice": self.advice,
        })
    }
}
