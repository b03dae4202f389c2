//! The `Gateway` port on UPI's wire.
use super::key::{Kid, PrivateKey, PublicKey};
use crate::domain::{Answer, Category, Member, ResponseCode, Verification};
use crate::verify::port::{BoxFuture, CallError, Cause, Clock, Gateway, Sealed};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Where the photo travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PhotoPlacement {
    /// Beside encData.
    #[default]
    Beside,
    /// Inside encData.
    Encrypted,
}

/// Which proxy is used to reach UPI.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Proxy {
    /// None, whatever the environment says.
    #[default]
    None,
    /// As the environment's variables say.
    Environment,
    /// This URL.
    Url(String),
}

/// A client certificate for TLS to UPI, PEM.
pub struct ClientIdentity {
    /// Chain.
    pub certificate_pem: Vec<u8>,
    /// Key.
    pub key_pem: crate::domain::Secret<Vec<u8>>,
}

/// Settings of the UPI side.
pub struct Settings {
    /// `upi.base_url`, without a trailing slash.
    pub base_url: String,
    /// `upi.request_path`, begins with `/`.
    pub request_path: String,
    /// `upi.app_id`.
    pub app_id: String,
    /// Whole call.
    pub timeout: Duration,
    /// DNS, TCP and TLS together.
    pub connect_timeout: Duration,
    /// Where the photo goes.
    pub photo_placement: PhotoPlacement,
    /// Write `/` as `\/` in the body.
    pub escape_solidus: bool,
    /// Skew allowed.
    pub clock_window: Duration,
    /// Own CA bundle, PEM: then the only trust anchors.
    pub ca_pem: Option<Vec<u8>>,
    /// Client certificate.
    pub client_identity: Option<ClientIdentity>,
    /// Proxy.
    pub proxy: Proxy,
    /// Overrides of the code table.
    pub response_codes: BTreeMap<ResponseCode, Category>,
    /// The member.
    pub member: Member,
}

/// The three roles of keys that a participant holds.
pub struct Keys {
    /// Ours.
    pub signing: (Kid, PrivateKey),
    /// UPI's, to encrypt to.
    pub encryption: (Kid, PublicKey),
    /// UPI's, to verify answers; at least one.
    pub verification: Vec<(Kid, PublicKey)>,
}

/// UPI behind the port.
pub struct UpiGateway(());
impl UpiGateway {
    /// Opens no connection.
    pub fn new(settings: Settings, keys: &Keys, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        todo!()
    }
}
impl Gateway for UpiGateway {
    fn seal(&self, request: &Verification) -> Result<Sealed, Cause> {
        todo!()
    }
    fn send(&self, sealed: Sealed) -> BoxFuture<'_, Result<Answer, CallError>> {
        todo!()
    }
}
/// Why the UPI side cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// x
    #[error("placeholder: typed variants come with the implementation")]
    Placeholder,
}
