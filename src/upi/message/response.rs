//! The answer, read once its signature is verified.
//!
//! A signed answer has been paid for, so only what decides its meaning can spoil it: the
//! response code, and the confidence beside `00`. The texts only inform. One that is missing
//! or no string counts as empty, although the table calls `responseMsg` mandatory; one that
//! is too long is cut; control characters in it, which databases and terminals take ill,
//! become spaces; what is not Unicode is replaced.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::reading::readings;
use crate::domain::{Confidence, Outcome, Rejection, ResponseCode};
use crate::upi::code::CodeTable;

/// The largest answer that is read, in bytes. The longest that the table allows is a few KiB.
pub const MAX_BODY: usize = 64 * 1024;

const APPROVED: &str = "00";

/// Limit of `responseMsg`, in characters.
const MESSAGE_CHARACTERS: usize = 100;

/// Limit of `errorDetail`, in characters.
const DETAIL_CHARACTERS: usize = 255;

/// Reads the body of an answer whose signature is verified.
///
/// # Errors
/// The body does not say what was found; it is no answer then.
pub fn parse(body: &[u8], codes: &CodeTable) -> Result<Outcome, MalformedAnswer> {
    let body: Body = read(body).ok_or(MalformedAnswer::Shape)?;
    let Object(response) = body.msg_response;
    let code = response.response_code.as_str();
    let code = code.and_then(ResponseCode::parse);
    let code = code.ok_or(MalformedAnswer::ResponseCode)?;
    if code.as_str() == APPROVED {
        let confidence = body.confidence.and_then(|value| value.confidence());
        let confidence = confidence.ok_or(MalformedAnswer::Confidence)?;
        return Ok(Outcome::Comparison(confidence));
    }
    let detail = match response.error_detail.as_str() {
        None | Some("") => body.error_detail,
        Some(_) => response.error_detail,
    };
    Ok(Outcome::Rejection(Rejection {
        category: codes.category(code),
        code,
        message: response.response_msg.shown(MESSAGE_CHARACTERS),
        detail: detail.shown(DETAIL_CHARACTERS),
    }))
}

/// Why a signed body is no answer. Nothing of the body is in the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedAnswer {
    /// No JSON object, no object `msgResponse` in it, or a member that comes twice.
    #[error("the answer is not a JSON object with the member msgResponse")]
    Shape,
    /// `responseCode` is absent, or not two letters or digits.
    #[error("the answer has no response code of two letters or digits")]
    ResponseCode,
    /// The code is `00`, and `confidence` is absent, or not a whole number from 0 to 100.
    #[error("the answer says 00 without a confidence from 0 to 100")]
    Confidence,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    confidence: Option<AnyValue>,
    #[serde(alias = "MsgResponse")]
    msg_response: Object<Response>,
    #[serde(default)]
    error_detail: AnyValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(default)]
    response_code: AnyValue,
    #[serde(default)]
    response_msg: AnyValue,
    #[serde(default)]
    error_detail: AnyValue,
}

/// Reads one object and nothing after it. `None` drops serde_json's error, which may quote
/// a value.
fn read<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    readings(json).find_map(|text| {
        let object: Object<T> = serde_json::from_str(&text).ok()?;
        Some(object.0)
    })
}

/// A struct that was a JSON object: what serde derives also takes an array of its members' values.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

/// A value whose type is judged by what it means, and not by the parser.
#[derive(Deserialize)]
#[serde(untagged)]
enum AnyValue {
    Text(String),
    Number(u64),
    Other(IgnoredAny),
}

impl Default for AnyValue {
    fn default() -> Self {
        Self::Other(IgnoredAny)
    }
}

impl AnyValue {
    fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(_) | Self::Other(_) => None,
        }
    }

    /// N 0-3 as a string, or a whole number.
    fn confidence(&self) -> Option<Confidence> {
        let number = match self {
            Self::Text(text)
                if text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                text.parse().ok()?
            }
            Self::Number(number) => *number,
            Self::Text(_) | Self::Other(_) => return None,
        };
        Confidence::new(u8::try_from(number).ok()?)
    }

    /// A text for a reader, of at most `limit` characters.
    fn shown(&self, limit: usize) -> String {
        let characters = self.as_str().unwrap_or_default().chars();
        let shown = characters.map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        });
        shown.take(limit).collect()
    }
}

#[cfg(test)]
mod tests;
