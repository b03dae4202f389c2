//! What an answer says, and the bodies in which it says it badly.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::sandbox::fault::Fault;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::scenario::Scenario;

const APPROVED: &str = "00";

/// The code of a message that breaks a rule.
const FORMAT_ERROR: &str = "30";

/// The code of an order id that was used before.
const DUPLICATED: &str = "94";

/// An answer of more than this is refused by clients that cap it at 64 KiB.
const OVERSIZED: usize = 65 * 1024;

const PAGE: &str = "<!DOCTYPE html><html><body>Service temporarily unavailable</body></html>";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Content {
    code: String,
    /// With code `00` only.
    confidence: Option<u8>,
    /// `errorDetail`.
    detail: Option<String>,
}

impl Content {
    /// What the scenario asks for, with the computed score where it asks for none.
    pub(in crate::sandbox) fn of(scenario: &Scenario, score: u8) -> Self {
        let asked = scenario.code.as_ref().map(|code| code.as_str());
        let code = asked.unwrap_or(APPROVED);
        let score = scenario
            .confidence
            .map_or(score, |confidence| confidence.get());
        Self {
            code: code.to_owned(),
            confidence: (code == APPROVED).then_some(score),
            detail: None,
        }
    }

    /// Code 30 with the broken rule.
    pub(in crate::sandbox) fn refused(refusal: &Refusal) -> Self {
        Self {
            code: FORMAT_ERROR.to_owned(),
            confidence: None,
            detail: Some(refusal.to_string()),
        }
    }

    pub(in crate::sandbox) fn duplicated() -> Self {
        Self {
            code: DUPLICATED.to_owned(),
            confidence: None,
            detail: None,
        }
    }

    pub(in crate::sandbox) fn code(&self) -> &str {
        &self.code
    }

    pub(super) fn body(&self, fault: Option<Fault>) -> Bytes {
        match fault {
            Some(Fault::Html) => Bytes::from_static(PAGE.as_bytes()),
            Some(Fault::EmptyBody) => Bytes::new(),
            Some(Fault::NoConfidence) => bytes(&self.json(None)),
            Some(Fault::Confidence101) => bytes(&self.json(Some(101))),
            Some(Fault::NoResponseCode) => self.without_code(),
            Some(Fault::MalformedJson) => {
                let whole = bytes(&self.json(self.confidence));
                whole.slice(..whole.len() / 2)
            }
            Some(Fault::Oversized) => {
                let mut text = self.json(self.confidence).to_string().into_bytes();
                text.resize(OVERSIZED.max(text.len()), b' ');
                text.into()
            }
            _ => bytes(&self.json(self.confidence)),
        }
    }

    /// Another good body than the signed one.
    pub(super) fn tampered(&self) -> Bytes {
        let confidence = if self.confidence == Some(100) { 0 } else { 100 };
        let other = Self {
            code: APPROVED.to_owned(),
            confidence: Some(confidence),
            detail: None,
        };
        other.body(None)
    }

    fn json(&self, confidence: Option<u8>) -> Value {
        let mut message = Map::new();
        message.insert("responseCode".to_owned(), json!(self.code));
        message.insert("responseMsg".to_owned(), json!(message_of(&self.code)));
        if let Some(detail) = &self.detail {
            message.insert("errorDetail".to_owned(), json!(detail));
        }
        let mut answer = Map::new();
        if let Some(confidence) = confidence {
            answer.insert("confidence".to_owned(), json!(confidence.to_string()));
        }
        answer.insert("msgResponse".to_owned(), Value::Object(message));
        Value::Object(answer)
    }

    fn without_code(&self) -> Bytes {
        let mut answer = self.json(self.confidence);
        let message = answer.get_mut("msgResponse").and_then(Value::as_object_mut);
        if let Some(message) = message {
            message.shift_remove("responseCode");
        }
        bytes(&answer)
    }
}

fn bytes(json: &Value) -> Bytes {
    json.to_string().into()
}

/// `responseMsg` for the codes in use across UPI's APIs.
fn message_of(code: &str) -> &'static str {
    match code {
        "00" => "Approved",
        "01" => "Refer to issuer",
        "03" => "Invalid merchant",
        "04" => "Pending",
        "05" => "Verification failed",
        "12" => "Invalid transaction",
        "30" => "Format error",
        "38" => "Rejected by risk system",
        "40" => "Not supported",
        "57" => "Not permitted",
        "61" => "Limit exceeded",
        "62" => "Restricted",
        "70" => "Validation error from the source",
        "71" => "Declined by the source",
        "78" => "Duplicate request",
        "90" => "Cut-off in progress",
        "91" => "Source system error",
        "92" => "Network error",
        "94" => "Duplicated transaction",
        "95" => "Timed out",
        "96" => "System error",
        "98" => "Timeout",
        _ => "Other error",
    }
}
