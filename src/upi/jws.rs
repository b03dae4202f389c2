//! Detached JWS.
use super::key::{Kid, PrivateKey, PublicKey};
use std::time::Duration;

/// The critical members of the protected header.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'a> {
    /// UPI-UUID.
    pub upi_uuid: &'a str,
    /// UPI-TIMESTAMP, Unix seconds.
    pub timestamp: i64,
    /// UPI-APPID.
    pub app_id: &'a str,
    /// UPI-REQPATH; `None` leaves the member out (answers).
    pub request_path: Option<&'a str>,
}
/// Signs bodies with one key.
pub struct Signer(());
impl Signer {
    /// Parses nothing later: made once.
    pub fn new(kid: &Kid, key: &PrivateKey) -> Result<Self, JwsError> {
        todo!()
    }
    /// The UPI-JWS value over exactly these bytes.
    pub fn sign(&self, claims: &Claims<'_>, body: &[u8]) -> Result<String, JwsError> {
        todo!()
    }
}
/// What a signature must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// UPI-APPID must equal this.
    pub app_id: &'a str,
    /// UPI-REQPATH, when present, must equal this.
    pub request_path: &'a str,
    /// Whether UPI-REQPATH must be present and critical (requests).
    pub require_request_path: bool,
    /// Our clock, Unix seconds.
    pub now: i64,
    /// Skew allowed in either direction (both ends included).
    pub window: Duration,
}
/// What a verified signature said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its key.
    pub kid: Kid,
    /// Its UPI-UUID.
    pub upi_uuid: String,
    /// Its UPI-TIMESTAMP.
    pub timestamp: i64,
}
/// Verifies signatures by a set of keys.
pub struct Verifier(());
impl Verifier {
    /// Parses nothing later: made once.
    pub fn new(keys: &[(Kid, PublicKey)]) -> Result<Self, JwsError> {
        todo!()
    }
    /// Verifies a UPI-JWS value over exactly these bytes.
    pub fn verify(
        &self,
        jws: &str,
        body: &[u8],
        expected: &Expected<'_>,
    ) -> Result<Verified, JwsError> {
        todo!()
    }
}
/// Which rule a signature breaks. Fixed texts; never echoes the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// x
    #[error("placeholder: one unit variant a rule comes with the implementation")]
    Placeholder,
}
