//! Requests for the gateway, and its errors as the contract has them.

use idphoto::domain::OrderId;
use idphoto::pb::{Consent, Customer, GetVerificationRequest, VerifyIdPhotoRequest};
use time::OffsetDateTime;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::data;

/// A new order id.
pub fn order_id() -> String {
    let minted = OrderId::mint(OffsetDateTime::now_utc());
    minted.unwrap().to_string()
}

/// A good request; the scenario tells the sandbox what to answer.
pub fn request(scenario: &str) -> VerifyIdPhotoRequest {
    VerifyIdPhotoRequest {
        order_id: order_id(),
        customer: Some(Customer {
            name: "李雷".to_owned(),
            id_number: "11010519491231002X".to_owned(),
        }),
        photo: data::read("photos/face-256.jpg").into(),
        consent: Some(Consent {
            usage_scenario: scenario.to_owned(),
            purpose: "test".to_owned(),
            agreement_version: "terms 1".to_owned(),
            agreement_serial: "20260101000001".to_owned(),
        }),
        merchant: None,
        validate_only: false,
    }
}

pub fn get(order_id: &str) -> GetVerificationRequest {
    GetVerificationRequest {
        order_id: order_id.to_owned(),
    }
}

/// Code, reason, dispatch and retry of an error.
pub fn row(status: &Status) -> (Code, String, String, String) {
    let info = status.get_details_error_info();
    let metadata = |key: &str| {
        let value = info.as_ref().and_then(|info| info.metadata.get(key));
        value.cloned().unwrap_or_default()
    };
    (
        status.code(),
        info.as_ref()
            .map(|info| info.reason.clone())
            .unwrap_or_default(),
        metadata("dispatch"),
        metadata("retry"),
    )
}

/// An expected error, to be compared with [`row`].
pub fn expected(
    code: Code,
    reason: &str,
    dispatch: &str,
    retry: &str,
) -> (Code, String, String, String) {
    (
        code,
        reason.to_owned(),
        dispatch.to_owned(),
        retry.to_owned(),
    )
}

/// Field paths of a BadRequest.
pub fn fields(status: &Status) -> Vec<String> {
    let bad = status.get_details_bad_request();
    let violations = bad.map(|bad| bad.field_violations).unwrap_or_default();
    violations.into_iter().map(|v| v.field).collect()
}
