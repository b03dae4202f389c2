//! From settings and keys to a gateway, or the reason why not.

use std::sync::Arc;

use super::{Keys, Settings};
use crate::upi::code::CodeTable;
use crate::upi::envelope::Envelope;
use crate::upi::jwe::{JweError, Sealer};
use crate::upi::jws::{JwsError, Signer, Verifier};
use crate::upi::message::request::Form;
use crate::verify::port::{Cause, Clock};

/// Why the UPI side cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// `upi.base_url`.
    #[error("upi.base_url is not an http or https URL with a host")]
    BaseUrl,
    /// `upi.base_url`.
    #[error("upi.base_url must not hold a user name, a password, a query or a fragment")]
    BaseUrlParts,
    /// `upi.request_path`.
    #[error(
        "upi.request_path must begin with / and hold only letters, digits, /, _, . and -, \
         and no segment . or .."
    )]
    RequestPath,
    /// `upi.app_id`.
    #[error("upi.app_id must hold only letters, digits, /, _, . and -")]
    AppId,
    /// `upi.timeout` and `upi.connect_timeout`.
    #[error("upi.connect_timeout must be longer than nothing and shorter than upi.timeout")]
    Timeouts,
    /// `upi.proxy`.
    #[error("upi.proxy is not a URL of an http or https proxy")]
    Proxy,
    /// `upi.ca_file`.
    #[error("upi.ca_file cannot be read as PEM")]
    Ca(#[source] Cause),
    /// `upi.ca_file`.
    #[error("upi.ca_file holds no certificate")]
    CaEmpty,
    /// `upi.client_cert_file` and `upi.client_key_file`.
    #[error("upi.client_cert_file and upi.client_key_file are not a PEM certificate and its key")]
    Identity(#[source] Cause),
    /// The HTTP client could not be built: certificates that cannot be used, or a client
    /// key that does not fit its certificate.
    #[error("the HTTP client to UPI cannot be built")]
    Client(#[source] Cause),
    /// `upi.verification`.
    #[error("upi.verification holds no key")]
    NoVerificationKeys,
    /// `upi.signing`.
    #[error("the key of upi.signing cannot be used")]
    Signing(#[source] JwsError),
    /// `upi.encryption`.
    #[error("the key of upi.encryption cannot be used")]
    Encryption(#[source] JweError),
    /// `upi.verification`.
    #[error("a key of upi.verification cannot be used")]
    Verification(#[source] JwsError),
}

/// Checks what no other part checks.
pub(super) fn check(settings: &Settings) -> Result<(), SetupError> {
    if !settings.request_path.starts_with('/') || !is_plain(&settings.request_path) {
        return Err(SetupError::RequestPath);
    }
    if !is_plain(&settings.app_id) {
        return Err(SetupError::AppId);
    }
    if settings.connect_timeout.is_zero() || settings.connect_timeout >= settings.timeout {
        return Err(SetupError::Timeouts);
    }
    Ok(())
}

/// Puts the codec together; every key is parsed here and never again.
pub(super) fn envelope(
    settings: Settings,
    keys: &Keys,
    clock: Arc<dyn Clock>,
) -> Result<Envelope, SetupError> {
    if keys.verification.is_empty() {
        return Err(SetupError::NoVerificationKeys);
    }
    let (signing_kid, signing_key) = &keys.signing;
    let (encryption_kid, encryption_key) = &keys.encryption;
    Ok(Envelope {
        signer: Signer::new(signing_kid, signing_key).map_err(SetupError::Signing)?,
        sealer: Sealer::new(encryption_kid, encryption_key).map_err(SetupError::Encryption)?,
        verifier: Verifier::new(&keys.verification).map_err(SetupError::Verification)?,
        codes: CodeTable::new(&settings.response_codes),
        app_id: settings.app_id,
        request_path: settings.request_path,
        clock_window: settings.clock_window,
        form: Form {
            member: settings.member,
            photo_placement: settings.photo_placement,
            escape_solidus: settings.escape_solidus,
        },
        clock,
    })
}

/// The alphabet of what stands in a signature's header, which nothing escapes there.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_.-".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}
