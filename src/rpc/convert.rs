//! Protobuf to domain and back.

use prost_types::Timestamp;
use time::OffsetDateTime;

use crate::domain::{
    Answer, Category, Consent, ConsentDraft, Draft, MerchantDraft, OrderId, Outcome, Rejection,
    Secret,
};
use crate::pb;
use crate::pb::verify_id_photo_response::Outcome as PbOutcome;
use crate::verify::Verified;
use crate::verify::port::{Record, State};

/// The request as it came; an absent message is one of empty texts, so that all its
/// fields are complained about.
pub(super) fn draft(request: pb::VerifyIdPhotoRequest) -> Draft {
    let customer = request.customer.unwrap_or_default();
    let consent = request.consent.unwrap_or_default();
    Draft {
        order_id: request.order_id,
        name: Secret::new(customer.name),
        id_number: Secret::new(customer.id_number),
        photo: request.photo,
        consent: ConsentDraft {
            usage_scenario: consent.usage_scenario,
            purpose: consent.purpose,
            agreement_version: consent.agreement_version,
            agreement_serial: consent.agreement_serial,
        },
        merchant: request.merchant.map(|merchant| MerchantDraft {
            id: merchant.id,
            name: merchant.name,
            category_code: merchant.category_code,
        }),
    }
}

/// The answer to `validate_only`: the order id, and no outcome.
pub(super) fn checked(order_id: &OrderId) -> pb::VerifyIdPhotoResponse {
    pb::VerifyIdPhotoResponse {
        order_id: order_id.to_string(),
        ..Default::default()
    }
}

pub(super) fn response(order_id: &OrderId, verified: Verified) -> pb::VerifyIdPhotoResponse {
    let Answer {
        outcome,
        upi_uuid,
        answered_at,
    } = verified.answer;
    pb::VerifyIdPhotoResponse {
        order_id: order_id.to_string(),
        upi_uuid,
        answered_at: Some(timestamp(answered_at)),
        replayed: verified.replayed,
        outcome: Some(match outcome {
            Outcome::Comparison(confidence) => PbOutcome::Comparison(pb::Comparison {
                confidence: confidence.get().into(),
            }),
            Outcome::Rejection(refusal) => PbOutcome::Rejection(rejection(refusal)),
        }),
    }
}

pub(super) fn record(order_id: &OrderId, record: Record) -> pb::GetVerificationResponse {
    let state = state(&record.state);
    let result = match record.state {
        State::Answered(answer) => Some(response(
            order_id,
            Verified {
                answer,
                replayed: true,
            },
        )),
        _ => None,
    };
    pb::GetVerificationResponse {
        order_id: order_id.to_string(),
        state: state.into(),
        result,
        created_at: Some(timestamp(record.created_at)),
        updated_at: Some(timestamp(record.updated_at)),
        consent: record.consent.as_ref().map(consent),
    }
}

const fn state(state: &State) -> pb::VerificationState {
    match state {
        State::Sending => pb::VerificationState::InFlight,
        State::Answered(_) => pb::VerificationState::Answered,
        State::NotSent => pb::VerificationState::NotSent,
        State::OutcomeUnknown => pb::VerificationState::OutcomeUnknown,
    }
}

fn rejection(refusal: Rejection) -> pb::Rejection {
    pb::Rejection {
        category: category(refusal.category).into(),
        code: refusal.code.as_str().to_owned(),
        message: refusal.message,
        detail: refusal.detail,
    }
}

const fn category(category: Category) -> pb::RejectionCategory {
    match category {
        Category::NotConfirmed => pb::RejectionCategory::NotConfirmed,
        Category::InvalidRequest => pb::RejectionCategory::InvalidRequest,
        Category::DuplicateOrder => pb::RejectionCategory::DuplicateOrder,
        Category::NotPermitted => pb::RejectionCategory::NotPermitted,
        Category::SourceUnavailable => pb::RejectionCategory::SourceUnavailable,
        Category::Other => pb::RejectionCategory::Other,
    }
}

fn consent(consent: &Consent) -> pb::Consent {
    pb::Consent {
        usage_scenario: consent.usage_scenario().to_owned(),
        purpose: consent.purpose().to_owned(),
        agreement_version: consent.agreement_version().to_owned(),
        agreement_serial: consent.agreement_serial().to_owned(),
    }
}

fn timestamp(at: OffsetDateTime) -> Timestamp {
    Timestamp {
        seconds: at.unix_timestamp(),
        // Below a thousand million, so it fits.
        nanos: at.nanosecond().try_into().unwrap_or_default(),
    }
}
