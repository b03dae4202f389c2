//! The members of a JSON object as they came, so that nothing odd about them is lost.

use serde_json::Value;
use zeroize::Zeroize;

use super::refusal::Refusal;
use crate::domain::OrderId;
use crate::upi;

pub(super) const ORDER_ID: &str = "orderID";
pub(super) const ENC_DATA: &str = "encData";

/// Longest protected header of a token that is looked at, in characters of base64url.
const MAX_HEADER: usize = 2_048;

/// Longest name of an unknown member that is shown.
const MAX_NAME: usize = 40;

/// The members of a JSON object in their order, duplicates included; wiped on drop, since
/// some are a person's.
pub(super) struct Members(Vec<(String, Value)>);

impl Members {
    /// `None` unless the text is a JSON object in UTF-8.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        let upi::Members(members) = serde_json::from_slice(json).ok()?;
        Some(Self(members))
    }

    /// The order id, if it is well formed, whatever else is wrong.
    pub(super) fn order_id(&self) -> Option<OrderId> {
        OrderId::parse(self.text(ORDER_ID).ok()?).ok()
    }

    /// The decoded protected header of `encData`: JSON, or empty.
    pub(super) fn jwe_header(&self) -> String {
        self.text(ENC_DATA)
            .map(protected_header)
            .unwrap_or_default()
    }

    pub(super) fn text(&self, member: &'static str) -> Result<&str, Refusal> {
        match self.get(member) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(Refusal::NotText(member)),
            None => Err(Refusal::Absent(member)),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, member: &str) -> Option<&Value> {
        let mut members = self.0.iter();
        members
            .find(|(name, _)| name == member)
            .map(|(_, value)| value)
    }

    /// No other members than these, and none twice.
    pub(super) fn only<'a>(
        &self,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<(), Refusal> {
        for (index, (name, _)) in self.0.iter().enumerate() {
            if !known.clone().any(|known| known == name) {
                return Err(Refusal::Unknown(shown(name)));
            }
            if self
                .0
                .iter()
                .skip(index + 1)
                .any(|(other, _)| other == name)
            {
                return Err(Refusal::Twice(shown(name)));
            }
        }
        Ok(())
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            if let Value::String(text) = value {
                text.zeroize();
            }
        }
    }
}

/// A member's name as far as it looks like one: what was sent by mistake is not echoed.
fn shown(name: &str) -> String {
    let plain = name.len() <= MAX_NAME && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    if plain { name } else { "(unreadable)" }.to_owned()
}

/// The decoded protected header of a compact JWS or JWE, as it was sent: a JSON object, or
/// empty.
pub(super) fn protected_header(token: &str) -> String {
    let encoded = token.split('.').next().unwrap_or_default();
    let decoded = (encoded.len() <= MAX_HEADER)
        .then(|| base64_simd::URL_SAFE_NO_PAD.decode_to_vec(encoded).ok())
        .flatten()
        .and_then(|decoded| String::from_utf8(decoded).ok());
    decoded
        .filter(|text| Members::read(text.as_bytes()).is_some())
        .unwrap_or_default()
}
