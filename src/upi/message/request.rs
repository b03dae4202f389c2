//! The request: written here for UPI, and read here for whoever stands in UPI's place.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Deserializer};

use super::identifier as id;
use super::json::{self, Value};
use super::object;
use crate::domain::{Member, Secret, Verification, WipedBytes};

/// The only value of `tradeType`. The table calls it numeric, which it is not.
pub const TRADE_TYPE_VALUE: &str = "ID0203";

/// The largest body that a receiver has to expect, in bytes: the largest photo encrypted
/// (base64 twice), or every character of it escaped, leaves more than 100 KiB for the rest.
pub const MAX_BODY: usize = 512 * 1024;

/// Where the photo travels (`upi.photo_placement`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PhotoPlacement {
    /// Beside `encData`: the table does not say that it is encrypted.
    #[default]
    Beside,
    /// Inside `encData`, after name and number.
    Encrypted,
}

/// What is the same in all requests.
#[derive(Debug, Clone)]
pub struct Form {
    /// The member that asks.
    pub member: Member,
    /// Where the photo travels.
    pub photo_placement: PhotoPlacement,
    /// Whether the body has `/` as `\/`, for receivers that write their JSON again before
    /// they verify the signature.
    pub escape_solidus: bool,
}

impl Form {
    /// What is encrypted into `encData`. Wiped when dropped.
    #[must_use]
    pub fn plaintext(&self, request: &Verification) -> WipedBytes {
        let person = &request.person;
        let mut members = vec![
            (id::CUSTOMER_NM, Value::Text(person.name.expose())),
            (id::CERTIF_ID, Value::Text(person.id_number.expose())),
        ];
        if self.photo_placement == PhotoPlacement::Encrypted {
            members.push((id::PHOTO, Value::Base64(request.photo.bytes())));
        }
        // No receiver writes this again before it verifies a signature: it cannot read it.
        json::object(&members, false)
    }

    /// The body, with `enc_data` the compact serialisation of the encrypted plaintext.
    ///
    /// It is written once into a buffer of its size, and that buffer is wiped when the last
    /// reference goes.
    #[must_use]
    pub fn body(&self, request: &Verification, enc_data: &str) -> Bytes {
        let members = self.members(request, enc_data);
        Bytes::from_owner(json::object(&members, self.escape_solidus))
    }

    fn members<'a>(
        &'a self,
        request: &'a Verification,
        enc_data: &'a str,
    ) -> Vec<(&'static str, Value<'a>)> {
        let consent = &request.consent;
        let mut members = Vec::with_capacity(13);
        let mut text = |name, value| members.push((name, Value::Text(value)));
        text(id::MEMBER_IIN, self.member.iin());
        text(id::MEMBER_NAME, self.member.name());
        if let Some(merchant) = &request.merchant {
            text(id::MERCHANT_ID, merchant.id());
            text(id::MERCHANT_NAME, merchant.name());
            text(id::MCC, merchant.category_code());
        }
        text(id::TRADE_TYPE, TRADE_TYPE_VALUE);
        members.push((id::ENC_DATA, Value::Token(enc_data)));
        if self.photo_placement == PhotoPlacement::Beside {
            members.push((id::PHOTO, Value::Base64(request.photo.bytes())));
        }
        let mut text = |name, value| members.push((name, Value::Text(value)));
        text(id::ORDER_ID, request.order_id.as_str());
        text(id::SC_USAGE_SCENARIOS, consent.usage_scenario());
        text(id::SC_USE_PURPOSE, consent.purpose());
        text(id::PROTOCOL_VER_NM, consent.agreement_version());
        text(id::SERIAL_NM, consent.agreement_serial());
        members
    }
}

/// A body as received, no value checked; texts without escapes are borrowed from it.
///
/// Every value is a string, mandatory members are there, and no member comes twice. Members
/// that the table does not have are ignored. It holds a photo, so it has no `Debug`.
#[derive(Deserialize)]
pub struct RequestBody<'a> {
    /// `memberIIN`.
    #[serde(rename = "memberIIN", borrow)]
    pub member_iin: Cow<'a, str>,
    /// `memberName`.
    #[serde(rename = "memberName", borrow)]
    pub member_name: Cow<'a, str>,
    /// `merchantID`.
    #[serde(rename = "merchantID", borrow, default, deserialize_with = "present")]
    pub merchant_id: Option<Cow<'a, str>>,
    /// `merchantName`.
    #[serde(rename = "merchantName", borrow, default, deserialize_with = "present")]
    pub merchant_name: Option<Cow<'a, str>>,
    /// `mcc`.
    #[serde(rename = "mcc", borrow, default, deserialize_with = "present")]
    pub category_code: Option<Cow<'a, str>>,
    /// `tradeType`.
    #[serde(rename = "tradeType", borrow)]
    pub trade_type: Cow<'a, str>,
    /// `encData`.
    #[serde(rename = "encData", borrow)]
    pub enc_data: Cow<'a, str>,
    /// `photo`; absent when it is inside `encData`.
    #[serde(rename = "photo", borrow, default, deserialize_with = "present")]
    pub photo: Option<Cow<'a, str>>,
    /// `orderID`.
    #[serde(rename = "orderID", borrow)]
    pub order_id: Cow<'a, str>,
    /// `scUsageScenarios`.
    #[serde(rename = "scUsageScenarios", borrow)]
    pub usage_scenario: Cow<'a, str>,
    /// `scUsePurpose`.
    #[serde(rename = "scUsePurpose", borrow)]
    pub purpose: Cow<'a, str>,
    /// `protocolVerNm`.
    #[serde(rename = "protocolVerNm", borrow)]
    pub agreement_version: Cow<'a, str>,
    /// `serialNm`.
    #[serde(rename = "serialNm", borrow)]
    pub agreement_serial: Cow<'a, str>,
}

impl<'a> RequestBody<'a> {
    /// Reads a body.
    ///
    /// # Errors
    /// It is not such an object. Nothing of it is in the error.
    pub fn parse(body: &'a [u8]) -> Result<Self, NotARequest> {
        object::read(body).ok_or(NotARequest)
    }
}

/// What `encData` holds, as received, no value checked.
#[derive(Deserialize)]
pub struct Plaintext {
    /// `customerNm`.
    #[serde(rename = "customerNm", deserialize_with = "secret")]
    pub name: Secret<String>,
    /// `certifID`.
    #[serde(rename = "certifID", deserialize_with = "secret")]
    pub id_number: Secret<String>,
    /// `photo` in base64, when it travels here.
    #[serde(default, deserialize_with = "secret_if_present")]
    pub photo: Option<Secret<String>>,
}

impl Plaintext {
    /// Reads a decrypted plaintext.
    ///
    /// # Errors
    /// It is not such an object. Nothing of it is in the error.
    pub fn parse(plaintext: &[u8]) -> Result<Self, NotARequest> {
        object::read(plaintext).ok_or(NotARequest)
    }
}

/// Bytes that are not the JSON object they should be: no object, a mandatory member absent,
/// a member twice, or a value that is no string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON object of strings with every mandatory member")]
pub struct NotARequest;

/// Text that is borrowed where it has no escapes, also inside an `Option`.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A member that may be left out, but may not be `null`.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    Text::deserialize(value).map(|text| Some(text.0))
}

fn secret<'de, D: Deserializer<'de>>(value: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(value).map(Secret::new)
}

fn secret_if_present<'de, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<Secret<String>>, D::Error> {
    secret(value).map(Some)
}

#[cfg(test)]
mod tests;
