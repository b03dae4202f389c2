//! An answer on a terminal or as JSON.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::pb::verify_id_photo_response::Outcome;
use crate::pb::{RejectionCategory, VerifyIdPhotoResponse};

/// For people, in a few lines.
#[must_use]
pub fn to_text(response: &VerifyIdPhotoResponse) -> String {
    let mut text = match &response.outcome {
        Some(Outcome::Comparison(comparison)) => {
            format!("compared: confidence {} of 100", comparison.confidence)
        }
        Some(Outcome::Rejection(rejection)) => {
            let detail = match rejection.detail.as_str() {
                "" => String::new(),
                detail => format!("\n  detail   {detail}"),
            };
            let (code, category) = (&rejection.code, category(rejection.category));
            let message = &rejection.message;
            format!("not compared: code {code} ({category}), {message}{detail}")
        }
        None => "all checks passed; nothing was sent".to_owned(),
    };
    text.push_str(&format!("\n  order    {}", response.order_id));
    if !response.upi_uuid.is_empty() {
        text.push_str(&format!("\n  UPI-UUID {}", response.upi_uuid));
    }
    if let Some(time) = answered_at(response) {
        let source = if response.replayed {
            " (from the ledger)"
        } else {
            ""
        };
        text.push_str(&format!("\n  answered {time}{source}"));
    }
    text
}

/// For programs: the response by its proto names.
#[must_use]
pub fn to_json(response: &VerifyIdPhotoResponse) -> Value {
    let mut json = json!({
        "order_id": response.order_id,
        "upi_uuid": response.upi_uuid,
        "answered_at": answered_at(response),
        "replayed": response.replayed,
    });
    let (name, outcome) = match &response.outcome {
        Some(Outcome::Comparison(comparison)) => {
            ("comparison", json!({"confidence": comparison.confidence}))
        }
        Some(Outcome::Rejection(rejection)) => (
            "rejection",
            json!({
                "category": category(rejection.category),
                "code": rejection.code,
                "message": rejection.message,
                "detail": rejection.detail,
            }),
        ),
        None => return json,
    };
    if let Value::Object(members) = &mut json {
        members.insert(name.to_owned(), outcome);
    }
    json
}

fn category(number: i32) -> &'static str {
    RejectionCategory::try_from(number)
        .unwrap_or(RejectionCategory::Unspecified)
        .as_str_name()
        .trim_start_matches("REJECTION_CATEGORY_")
}

/// RFC 3339, UTC.
fn answered_at(response: &VerifyIdPhotoResponse) -> Option<String> {
    let time = response.answered_at.as_ref()?;
    OffsetDateTime::from_unix_timestamp(time.seconds)
        .ok()?
        .format(&Rfc3339)
        .ok()
}
