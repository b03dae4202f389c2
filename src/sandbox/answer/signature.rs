//! Signs answers as UPI does, or wrongly in one way.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use serde_json::json;

use crate::sandbox::fault::Fault;
use crate::sandbox::{Keys, SandboxError, Settings};
use crate::upi::jws::{Claims, JwsError, Signer};
use crate::upi::key::Kid;
use crate::verify::port::Clock;

/// How far beyond the window a stale timestamp lies: more than two clocks on one machine
/// can differ.
const STALE: Duration = Duration::from_secs(60);

const UNKNOWN_KID: &str = "sandbox-kid-that-nobody-knows";

pub(in crate::sandbox) struct Signatory {
    pub(super) settings: Settings,
    kid: Kid,
    right: Signer,
    /// Another key under the right kid.
    wrong_key: Signer,
    /// The right key under a kid that nobody knows.
    unknown_kid: Signer,
    clock: Arc<dyn Clock>,
}

impl Signatory {
    pub(in crate::sandbox) fn new(
        settings: &Settings,
        keys: &Keys,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SandboxError> {
        let (kid, key) = &keys.signing;
        let unknown = Kid::parse(UNKNOWN_KID)?;
        Ok(Self {
            settings: settings.clone(),
            right: Signer::new(kid, key)?,
            wrong_key: Signer::new(kid, &keys.encryption.1)?,
            unknown_kid: Signer::new(&unknown, key)?,
            kid: kid.clone(),
            clock,
        })
    }

    /// The UPI-JWS of a body; `None` when the fault is that there is none.
    pub(super) fn sign(
        &self,
        upi_uuid: &str,
        body: &[u8],
        fault: Option<Fault>,
    ) -> Result<Option<HeaderValue>, Box<dyn Error + Send + Sync>> {
        let jws = match fault {
            Some(Fault::NoSignature) => return Ok(None),
            Some(Fault::AlgNone) => self.unsigned(upi_uuid),
            Some(Fault::BadSignature) => flipped(self.signed(upi_uuid, body, None)?),
            _ => self.signed(upi_uuid, body, fault)?,
        };
        Ok(Some(HeaderValue::try_from(jws)?))
    }

    fn signed(
        &self,
        upi_uuid: &str,
        body: &[u8],
        fault: Option<Fault>,
    ) -> Result<String, JwsError> {
        let other_app_id = format!("{}0", self.settings.app_id);
        let other_path = format!("{}/other", self.settings.request_path);
        let mut claims = Claims {
            upi_uuid,
            timestamp: self.now(),
            app_id: &self.settings.app_id,
            request_path: None,
        };
        let mut signer = &self.right;
        match fault {
            Some(Fault::StaleTimestamp) => claims.timestamp -= self.beyond_window(),
            Some(Fault::OtherAppId) => claims.app_id = &other_app_id,
            Some(Fault::OtherPath) => claims.request_path = Some(&other_path),
            Some(Fault::WrongKey) => signer = &self.wrong_key,
            Some(Fault::UnknownKid) => signer = &self.unknown_kid,
            _ => {}
        }
        signer.sign(&claims, body)
    }

    fn unsigned(&self, upi_uuid: &str) -> String {
        let header = json!({
            "alg": "none",
            "kid": self.kid.as_str(),
            "crit": ["UPI-UUID", "UPI-TIMESTAMP", "UPI-APPID"],
            "UPI-UUID": upi_uuid,
            "UPI-TIMESTAMP": self.now().to_string(),
            "UPI-APPID": self.settings.app_id,
        });
        let header = base64_simd::URL_SAFE_NO_PAD.encode_to_string(header.to_string());
        format!("{header}..")
    }

    fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }

    fn beyond_window(&self) -> i64 {
        i64::try_from((self.settings.clock_window + STALE).as_secs()).unwrap_or(i64::MAX / 2)
    }
}

/// Another character early in the signature, where every bit counts.
fn flipped(jws: String) -> String {
    let Some((header, signature)) = jws.split_once("..") else {
        return jws;
    };
    let mut characters = signature.chars();
    let first = match characters.next() {
        Some('A') => 'B',
        _ => 'A',
    };
    format!("{header}..{first}{}", characters.as_str())
}
