//! UPI's side of the wire.
use crate::domain::Rules;
use crate::upi::gateway::PhotoPlacement;
use crate::upi::key::{Kid, PrivateKey, PublicKey};
use crate::verify::port::Clock;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub mod kit;

/// Settings of the sandbox.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Says that listening beyond loopback is meant.
    pub allow_non_loopback: bool,
    /// The participant's app id.
    pub app_id: String,
    /// The path it answers on.
    pub request_path: String,
    /// Skew allowed.
    pub clock_window: Duration,
    /// Where it expects the photo.
    pub photo_placement: PhotoPlacement,
    /// Field rules.
    pub rules: Rules,
}
/// UPI's keys.
pub struct Keys {
    /// To verify requests.
    pub participant: (Kid, PublicKey),
    /// To sign answers.
    pub signing: (Kid, PrivateKey),
    /// To decrypt.
    pub encryption: (Kid, PrivateKey),
}
/// What a scenario `sandbox:fault=NAME` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// x
    NoSignature,
}
impl Fault {
    /// Every fault.
    pub const ALL: [Self; 1] = [Self::NoSignature];
    /// `NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        todo!()
    }
}
/// The sandbox's record of what it received, by order id; a cheap handle.
#[derive(Clone)]
pub struct Posts(());
/// What is known of one order id's POSTs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// POSTs whose signature was good.
    pub posts: u64,
    /// POSTs that were refused with 401.
    pub refused: u64,
    /// Bytes of the last body.
    pub body_bytes: usize,
    /// The decoded protected header of the last encData: JSON.
    pub jwe_header: String,
    /// The decoded protected header of the last UPI-JWS: JSON.
    pub jws_header: String,
}
impl Posts {
    /// The record of one order id.
    #[must_use]
    pub fn of(&self, order_id: &str) -> Option<Post> {
        todo!()
    }
}
/// A bound sandbox.
pub struct Sandbox(());
impl Sandbox {
    /// Binds.
    pub async fn bind(
        settings: Settings,
        keys: &Keys,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SandboxError> {
        todo!()
    }
    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        todo!()
    }
    /// What it received.
    #[must_use]
    pub fn posts(&self) -> Posts {
        todo!()
    }
    /// Serves until `shutdown` resolves, then ends at once, open connections included.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        todo!()
    }
}
/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// x
    #[error("placeholder")]
    Placeholder,
}
