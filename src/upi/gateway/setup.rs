//! From settings and keys to a gateway, or the reason why not.

use std::sync::Arc;

use super::{Keys, Settings};
use crate::upi::code::CodeTable;
use crate::upi::envelope::Envelope;
use crate::upi::jwe::{JweError, Sealer};
use crate::upi::jws::{JwsError, Signer, Verifier};
use crate::upi::message::request::Form;
use crate::upi::transport::RouteError;
use crate::verify::port::Clock;

/// Why the UPI side cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The way there.
    #[error(transparent)]
    Route(#[from] RouteError),
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
        app_id: settings.app_id.to_string(),
        request_path: settings.request_path.to_string(),
        clock_window: settings.clock_window,
        form: Form {
            member: settings.member,
            photo_placement: settings.photo_placement,
            escape_solidus: settings.escape_solidus,
        },
        clock,
    })
}
