//! UPI's side of the wire, for development and tests: it refuses what UPI would refuse,
//! answers signed, and misbehaves when it is asked to.
//!
//! A usage scenario (`scUsageScenarios`) that begins with `sandbox:` picks the outcome,
//! see [`scenario`]. Without one the score is a function of id number and photo. Nothing
//! of a person is kept or logged: [`Posts`] holds order ids, sizes and protected headers.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::acceptor::Acceptor;
use crate::domain::Rules;
use crate::observe::Observer;
use crate::upi::Flaw;
use crate::upi::gateway::PhotoPlacement;
use crate::upi::jwe::JweError;
use crate::upi::jws::JwsError;
use crate::upi::key::{Kid, PrivateKey, PublicKey};
use crate::verify::port::Clock;

mod answer;
mod check;
mod connection;
mod endpoint;
pub mod fault;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod kit;
mod members;
#[cfg(test)]
mod participant;
pub mod posts;
mod processor;
mod refusal;
mod request;
pub mod scenario;
mod score;

pub use fault::Fault;
pub use posts::{Post, Posts};

use endpoint::Endpoint;
use processor::Processor;

/// Settings of the sandbox.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Says that listening beyond loopback is meant.
    pub allow_non_loopback: bool,
    /// The participant's app id: UPI-APPID of requests and answers.
    pub app_id: String,
    /// The path that it answers on: UPI-REQPATH of requests.
    pub request_path: String,
    /// The skew of UPI-TIMESTAMP allowed in either direction; UPI's own is 300 s.
    pub clock_window: Duration,
    /// Where it expects the photo.
    pub photo_placement: PhotoPlacement,
    /// The alphabet of free texts and the limits of a photo; name and id number are held
    /// to UPI's field table only.
    pub rules: Rules,
}

/// UPI's keys.
pub struct Keys {
    /// The participant's public key, to verify requests.
    pub participant: (Kid, PublicKey),
    /// UPI's private key, to sign answers.
    pub signing: (Kid, PrivateKey),
    /// UPI's private key, to decrypt `encData`.
    pub encryption: (Kid, PrivateKey),
}

/// A sandbox whose port is bound and whose keys are good.
pub struct Sandbox {
    acceptor: Acceptor,
    endpoint: Arc<Endpoint>,
    posts: Posts,
}

impl Sandbox {
    /// Binds the port; connections wait until [`Sandbox::run`].
    ///
    /// # Errors
    /// An address beyond loopback that was not asked for by name, a port that is taken, or
    /// a key that cannot be used.
    pub async fn bind(
        settings: Settings,
        keys: &Keys,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, SandboxError> {
        let listen = settings.listen;
        if !(settings.allow_non_loopback || listen.ip().to_canonical().is_loopback()) {
            return Err(SandboxError::BeyondLoopback(listen));
        }
        let request_path = settings.request_path.clone();
        let processor = Processor::new(settings, keys, clock)?;
        let posts = processor.posts().clone();
        let failed = |source| SandboxError::Listen { listen, source };
        let acceptor = Acceptor::bind("sandbox", listen).await;
        Ok(Self {
            acceptor: acceptor.map_err(failed)?,
            endpoint: Arc::new(Endpoint {
                request_path,
                processor,
                observer,
            }),
            posts,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.acceptor.local_addr()
    }

    /// What it received.
    #[must_use]
    pub fn posts(&self) -> Posts {
        self.posts.clone()
    }

    /// Serves until `shutdown` resolves, then ends at once, open connections included.
    pub async fn run(mut self, shutdown: impl Future<Output = ()> + Send) {
        let serve = |stream, _, _| Some(connection::serve(stream, Arc::clone(&self.endpoint)));
        let accepting = self.acceptor.accept_until(shutdown, usize::MAX, serve);
        accepting.await;
        self.acceptor.close().shutdown().await;
    }
}

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address can be reached from other machines, and nobody said that this is meant.
    #[error(
        "{0} can be reached from other machines, and the sandbox answers for anybody; \
         if this is meant, say --allow-non-loopback"
    )]
    BeyondLoopback(SocketAddr),
    /// The port cannot be opened.
    #[error("the sandbox cannot listen on {listen}")]
    Listen {
        /// Where.
        listen: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A signing or verification key cannot be used.
    #[error("a signing key of the sandbox cannot be used")]
    Signature(#[from] JwsError),
    /// The encryption key cannot be used.
    #[error("the encryption key of the sandbox cannot be used")]
    Encryption(#[from] JweError),
    /// The kid of `fault=unknown-kid` is not valid.
    #[error("a kid of the sandbox cannot be used")]
    Kid(#[from] Flaw),
}
