//! The demo's customer, who is visibly nobody.

use bytes::Bytes;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::domain::OrderId;
use crate::pb::{Consent, Customer, VerifyIdPhotoRequest};

/// A public-domain portrait, 256 pixels a side.
pub(super) const PORTRAIT: &[u8] = include_bytes!("../../../assets/demo/portrait.jpg");

/// The Chinese textbooks' Everyman, with the number that GB 11643's explanations use.
const NAME: &str = "李雷";
const ID_NUMBER: &str = "11010519491231002X";

/// A request that passes every check; the scenario tells the sandbox what to answer.
pub(super) fn request(scenario: &str) -> Result<VerifyIdPhotoRequest, getrandom::Error> {
    Ok(VerifyIdPhotoRequest {
        order_id: OrderId::mint(OffsetDateTime::now_utc())?.to_string(),
        customer: Some(Customer {
            name: NAME.to_owned(),
            id_number: ID_NUMBER.to_owned(),
        }),
        photo: Bytes::from_static(PORTRAIT),
        consent: Some(Consent {
            usage_scenario: scenario.to_owned(),
            purpose: "demonstration".to_owned(),
            agreement_version: "sample terms 1.0".to_owned(),
            agreement_serial: "20260101000001".to_owned(),
        }),
        merchant: None,
        validate_only: false,
    })
}

/// The same as JSON in protobuf's mapping, for `grpcurl -d @`.
pub(super) fn request_json() -> Result<Value, getrandom::Error> {
    let request = request("demonstration")?;
    let photo = base64_simd::STANDARD.encode_to_string(&request.photo);
    let consent = request.consent.unwrap_or_default();
    Ok(json!({
        "order_id": request.order_id,
        "customer": {"name": NAME, "id_number": ID_NUMBER},
        "photo": photo,
        "consent": {
            "usage_scenario": consent.usage_scenario,
            "purpose": consent.purpose,
            "agreement_version": consent.agreement_version,
            "agreement_serial": consent.agreement_serial,
        },
    }))
}
