//! From settings and keys to a gateway, or the reason why not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use crate::domain::{Category, Member, ResponseCode};
use crate::upi::code::CodeTable;
use crate::upi::envelope::{Envelope, Signers};
use crate::upi::identifier::{AppId, RequestPath};
use crate::upi::jwe::{JweError, Sealer};
use crate::upi::jws::{JwsError, SigningKey, Verifier};
use crate::upi::key::{Kid, PublicKey};
use crate::upi::message::request::{PhotoPlacement, RequestForm};
use crate::upi::transport::{Route, RouteError};
use crate::verify::port::Clock;

/// Settings of the UPI side.
pub struct Settings {
    /// The way there.
    pub route: Route,
    /// `upi.request_path`.
    pub request_path: RequestPath,
    /// `upi.app_id`.
    pub app_id: AppId,
    /// Where the photo goes.
    pub photo_placement: PhotoPlacement,
    /// Write `/` as `\/` in the body.
    pub escape_solidus: bool,
    /// The skew allowed between UPI's clock and ours, in either direction.
    pub clock_window: Duration,
    /// Overrides of the code table.
    pub response_codes: BTreeMap<ResponseCode, Category>,
    /// The member.
    pub member: Member,
}

/// The three roles of keys that a participant holds.
pub struct Keys {
    /// Ours.
    pub signing: (Kid, SigningKey),
    /// Ours from a moment on.
    pub next_signing: Option<(OffsetDateTime, (Kid, SigningKey))>,
    /// UPI's, to encrypt to.
    pub encryption: (Kid, PublicKey),
    /// UPI's, to verify answers; at least one.
    pub verification: Vec<(Kid, PublicKey)>,
}

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
    let signer = |(kid, key): &(Kid, SigningKey)| key.signer(kid).map_err(SetupError::Signing);
    let next = keys.next_signing.as_ref();
    let next = next.map(|(from, key)| signer(key).map(|signer| (*from, signer)));
    let (encryption_kid, encryption_key) = &keys.encryption;
    Ok(Envelope {
        signers: Signers {
            current: signer(&keys.signing)?,
            next: next.transpose()?,
        },
        sealer: Sealer::new(encryption_kid, encryption_key).map_err(SetupError::Encryption)?,
        verifier: Verifier::new(&keys.verification).map_err(SetupError::Verification)?,
        codes: CodeTable::new(&settings.response_codes),
        app_id: settings.app_id.to_string(),
        request_path: settings.request_path.to_string(),
        clock_window: settings.clock_window,
        form: RequestForm {
            member: settings.member,
            photo_placement: settings.photo_placement,
            escape_solidus: settings.escape_solidus,
        },
        clock,
    })
}
