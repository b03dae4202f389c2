//! What the members of a UPI-JWS header must be.

use serde_json::Value;

use super::{Expected, JwsError};
use crate::upi::header::Header;

pub(super) const ALGORITHM: &str = "RS256";
pub(super) const CRITICAL_IN_REQUESTS: [&str; 4] = [UUID, TIMESTAMP, APP_ID, REQUEST_PATH];
pub(super) const CRITICAL_IN_ANSWERS: [&str; 3] = [UUID, TIMESTAMP, APP_ID];

const UUID: &str = "UPI-UUID";
const TIMESTAMP: &str = "UPI-TIMESTAMP";
const APP_ID: &str = "UPI-APPID";
const REQUEST_PATH: &str = "UPI-REQPATH";

/// Before any key is looked at: `none` and HMAC with a public key end here.
pub(super) fn check_algorithm(header: &Header) -> Result<(), JwsError> {
    match header.text("alg") {
        Some(ALGORITHM) => Ok(()),
        _ => Err(JwsError::Algorithm),
    }
}

/// RFC 7515 section 4.1.11, with the names that UPI prescribes.
pub(super) fn check_critical(header: &Header) -> Result<(), JwsError> {
    let names = critical_names(header)?;
    if !names.iter().all(|name| CRITICAL_IN_REQUESTS.contains(name)) {
        return Err(JwsError::CriticalUnknown);
    }
    if !CRITICAL_IN_ANSWERS.iter().all(|name| names.contains(name)) {
        return Err(JwsError::CriticalIncomplete);
    }
    if !names.iter().all(|name| header.get(name).is_some()) {
        return Err(JwsError::CriticalAbsent);
    }
    Ok(())
}

fn critical_names(header: &Header) -> Result<Vec<&str>, JwsError> {
    let list = header.get("crit").and_then(Value::as_array);
    let list = list.ok_or(JwsError::CriticalForm)?;
    let mut names = Vec::with_capacity(list.len());
    for name in list {
        let name = name.as_str().ok_or(JwsError::CriticalForm)?;
        if names.contains(&name) {
            return Err(JwsError::CriticalForm);
        }
        names.push(name);
    }
    if names.is_empty() {
        return Err(JwsError::CriticalForm);
    }
    Ok(names)
}

/// Judges the claims of a verified signature; gives UPI-UUID and UPI-TIMESTAMP.
pub(super) fn check_claims(
    header: &Header,
    expected: &Expected<'_>,
) -> Result<(String, i64), JwsError> {
    let upi_uuid = claim(header, UUID)?;
    let timestamp = seconds(claim(header, TIMESTAMP)?)?;
    if timestamp.abs_diff(expected.now) > expected.window.as_secs() {
        return Err(JwsError::TimestampOutsideWindow);
    }
    if claim(header, APP_ID)? != expected.app_id {
        return Err(JwsError::AppId);
    }
    check_request_path(header, expected)?;
    Ok((upi_uuid.to_owned(), timestamp))
}

fn check_request_path(header: &Header, expected: &Expected<'_>) -> Result<(), JwsError> {
    if header.get(REQUEST_PATH).is_some() && claim(header, REQUEST_PATH)? != expected.request_path {
        return Err(JwsError::RequestPath);
    }
    if expected.require_request_path && !critical_names(header)?.contains(&REQUEST_PATH) {
        return Err(JwsError::RequestPathMissing);
    }
    Ok(())
}

fn claim<'a>(header: &'a Header, name: &str) -> Result<&'a str, JwsError> {
    header.text(name).ok_or(JwsError::ClaimNotText)
}

/// Digits only: `parse` alone would admit a sign.
fn seconds(text: &str) -> Result<i64, JwsError> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(JwsError::TimestampForm);
    }
    text.parse().map_err(|_| JwsError::TimestampForm)
}
