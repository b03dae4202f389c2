//! The request, written for UPI.

use bytes::Bytes;

use super::identifier as id;
use super::json::{self, Value};
use crate::domain::{Member, Verification, WipedBytes};

/// The only value of `tradeType`. The table calls it numeric, which it is not.
pub const TRADE_TYPE_VALUE: &str = "ID0203";

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
pub struct RequestForm {
    /// The member that asks.
    pub member: Member,
    /// Where the photo travels.
    pub photo_placement: PhotoPlacement,
    /// Whether the body has `/` as `\/`, for receivers that write their JSON again before
    /// they verify the signature.
    pub escape_solidus: bool,
}

impl RequestForm {
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

#[cfg(test)]
mod tests;
