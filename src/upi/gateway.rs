//! The `Gateway` port on UPI's wire.

use std::sync::Arc;

use tracing::Span;

use super::envelope::{self, Envelope};
use super::jws::JwsError;
use super::transport::{PostError, Reply, Transport};
use crate::crash;
use crate::domain::{Answer, Verification};
use crate::observe::{Event, Observer, Stage, stage};
use crate::verify::port::{BoxFuture, CallError, Cause, Clock, Gateway, SealError, Sealed};

mod setup;
mod skew;
#[cfg(test)]
mod tests;

pub use super::message::request::PhotoPlacement;
pub use setup::{Keys, Settings, SetupError};

/// UPI behind the port.
pub struct UpiGateway {
    envelope: Envelope,
    /// Shared with the one before, where the way is the same.
    transport: Arc<Transport>,
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
        let route = settings.route.clone();
        let transport = Transport::new(route, &settings.request_path, Arc::clone(&observer))?;
        Ok(Self {
            envelope: setup::envelope(settings, keys, Arc::clone(&clock))?,
            transport: Arc::new(transport),
            clock,
            observer,
        })
    }

    /// With other settings and keys. The connections are those of this one, where the way stays.
    ///
    /// # Errors
    /// As for [`UpiGateway::new`].
    pub fn renewed(&self, settings: Settings, keys: &Keys) -> Result<Self, SetupError> {
        let (clock, observer) = (Arc::clone(&self.clock), Arc::clone(&self.observer));
        if !self.transport.goes(&settings.route, &settings.request_path) {
            return Self::new(settings, keys, clock, observer);
        }
        Ok(Self {
            envelope: setup::envelope(settings, keys, Arc::clone(&clock))?,
            transport: Arc::clone(&self.transport),
            clock,
            observer,
        })
    }

    async fn exchange(&self, sealed: Sealed) -> Result<Answer, CallError> {
        let posting = async {
            Span::current().record("upi.uuid", &sealed.upi_uuid);
            crash::point("upi-posting");
            self.transport.post(&sealed.signature, sealed.body).await
        };
        let send = stage(Stage::Send, &*self.observer);
        let reply = send.wait(posting).await?;
        crash::point("upi-replied");
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
    fn seal<'a>(&'a self, request: &'a Verification) -> BoxFuture<'a, Result<Sealed, SealError>> {
        let sealing = stage(Stage::Seal, &*self.observer).wait(self.envelope.seal(request));
        Box::pin(async { sealing.await.map_err(SealError::from) })
    }

    fn send(&self, sealed: Sealed) -> BoxFuture<'_, Result<Answer, CallError>> {
        Box::pin(self.exchange(sealed))
    }

    fn look(&self) -> BoxFuture<'_, Result<(), Cause>> {
        Box::pin(self.transport.look())
    }

    fn connections(&self) -> u64 {
        self.transport.connections()
    }
}

impl From<envelope::SealError> for SealError {
    fn from(error: envelope::SealError) -> Self {
        match error {
            envelope::SealError::Signature(JwsError::Token(error)) => {
                Self::NoSignature(Arc::new(error))
            }
            error => Self::Fault(Arc::new(error)),
        }
    }
}

impl From<PostError> for CallError {
    fn from(error: PostError) -> Self {
        match error {
            PostError::NoConnection(_) => Self::NoConnection(Arc::new(error)),
            PostError::NotWhole(_) => Self::NotSent(Arc::new(error)),
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
