//! The `Gateway` port on UPI's wire.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tracing::Span;

use super::envelope::Envelope;
use super::key::{Kid, PrivateKey, PublicKey};
use super::transport::{PostError, Reply, Transport};
use crate::domain::{Answer, Category, Member, ResponseCode, Secret, Verification};
use crate::observe::{Event, Observer, Stage, stage};
use crate::verify::port::{BoxFuture, CallError, Cause, Clock, Gateway, Sealed};

mod setup;
mod skew;
#[cfg(test)]
mod tests;

pub use super::message::request::PhotoPlacement;
pub use setup::SetupError;

/// Settings of the UPI side.
pub struct Settings {
    /// `upi.base_url`: `http` or `https`, host, and perhaps a path that a proxy adds;
    /// without a trailing slash.
    pub base_url: String,
    /// `upi.request_path`: begins with `/`; `[A-Za-z0-9/_.-]` only.
    pub request_path: String,
    /// `upi.app_id`: `[A-Za-z0-9/_.-]` only.
    pub app_id: String,
    /// The whole call, from the first look at the pool to the last byte of the answer.
    pub timeout: Duration,
    /// DNS, TCP and TLS together; shorter than `timeout`, or a connection that hangs could
    /// not be told from an answer that does.
    pub connect_timeout: Duration,
    /// Where the photo goes.
    pub photo_placement: PhotoPlacement,
    /// Write `/` as `\/` in the body.
    pub escape_solidus: bool,
    /// The skew allowed between UPI's clock and ours, in either direction.
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
    /// Whether a connection serves one request or more.
    pub connections: Connections,
    /// Whether the trace goes on at UPI: W3C headers on each request.
    pub propagate_trace: bool,
}

/// What becomes of a connection to UPI after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Connections {
    /// It serves further requests.
    #[default]
    Reuse,
    /// It is closed.
    OnePerCall,
}

/// Which proxy is used to reach UPI.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Proxy {
    /// None, whatever the environment says.
    #[default]
    None,
    /// As the environment's variables say.
    Environment,
    /// This URL.
    Url(String),
}

impl fmt::Debug for Proxy {
    /// Leaves out the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Environment => "Environment",
            Self::Url(_) => "Url([redacted])",
        })
    }
}

/// A client certificate for TLS to UPI, PEM.
pub struct ClientIdentity {
    /// The chain, the client's own certificate first.
    pub certificate_pem: Vec<u8>,
    /// Its key: PKCS#8, PKCS#1 or SEC 1, not encrypted.
    pub key_pem: Secret<Vec<u8>>,
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
pub struct UpiGateway {
    envelope: Envelope,
    transport: Transport,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
}

impl UpiGateway {
    /// Opens no connection.
    ///
    /// # Errors
    /// The first setting or key that cannot be used.
    pub fn new(
        settings: Settings,
        keys: &Keys,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, SetupError> {
        setup::check(&settings)?;
        let transport = Transport::new(&settings, Arc::clone(&observer))?;
        Ok(Self {
            envelope: setup::envelope(settings, keys, Arc::clone(&clock))?,
            transport,
            clock,
            observer,
        })
    }

    async fn exchange(&self, sealed: Sealed) -> Result<Answer, CallError> {
        let posting = async {
            Span::current().record("upi.uuid", &sealed.upi_uuid);
            self.transport.post(&sealed.signature, sealed.body).await
        };
        let send = stage(Stage::Send, &*self.observer);
        let reply = send.wait(posting).await?;
        self.notice(&reply);
        match reply.status {
            200 => self.open(&reply, sealed.upi_uuid),
            401 => Err(CallError::Refused(Arc::new(NotAnAnswer(401)))),
            status => Err(CallError::Unknown(Arc::new(NotAnAnswer(status)))),
        }
    }

    fn open(&self, reply: &Reply, upi_uuid: String) -> Result<Answer, CallError> {
        let opened = stage(Stage::Open, &*self.observer)
            .run(|| self.envelope.open(&reply.headers, &reply.body, upi_uuid));
        opened.map_err(|error| CallError::Unknown(Arc::new(error)))
    }

    /// Tells how far UPI's clock is from ours, which every reply shows.
    fn notice(&self, reply: &Reply) {
        if let Some(skew) = skew::of(&reply.headers, self.clock.now()) {
            self.observer.record(&Event::Skew(skew));
        }
    }
}

impl Gateway for UpiGateway {
    fn seal(&self, request: &Verification) -> Result<Sealed, Cause> {
        let sealed = stage(Stage::Seal, &*self.observer).run(|| self.envelope.seal(request));
        sealed.map_err(|error| Arc::new(error) as Cause)
    }

    fn send(&self, sealed: Sealed) -> BoxFuture<'_, Result<Answer, CallError>> {
        Box::pin(self.exchange(sealed))
    }
}

impl From<PostError> for CallError {
    fn from(error: PostError) -> Self {
        match error {
            PostError::NoConnection(_) | PostError::NotWhole(_) => Self::NotSent(Arc::new(error)),
            PostError::CutOff(_) | PostError::TimedOut | PostError::TooLarge => {
                Self::Unknown(Arc::new(error))
            }
        }
    }
}

/// A status under which UPI answers nothing. The body is unsigned, so nobody looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the reply has status {0}")]
struct NotAnAnswer(u16);
