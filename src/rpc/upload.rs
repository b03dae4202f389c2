//! The bodies of requests on their way in: one that never ends is ended, and bytes are taken
//! in for as long as there is memory for them.
//!
//! Where requests wait to be sealed the next ones are not taken in: they keep what they have sent in
//! the windows of their connections (RFC 9113, section 5.2), and the rest stays at the peers. Nothing
//! else is waited for here.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tonic::Status;

use super::backlog::Entry;
use super::call::Call;
use super::pace::Pace;
use super::share::Held;
use super::status::Failure;
use crate::verify::error::NotSent;
use crate::verify::sealing::Intake;

mod kept;
mod whole;

pub(super) use whole::Whole;

/// One byte of flags, and the length of the message in four.
const PREFIX: u64 = 5;

#[derive(Clone)]
pub(super) enum Allowance {
    /// What can be had while the call lasts: its request waits in memory as long as it does.
    Counted(Arc<Held>),
    /// So many, which are not worth counting: this call is answered even when there is no
    /// room for others.
    Small(usize),
}

impl Allowance {
    /// Room for more bytes, of so many in all.
    fn admit(&self, more: usize, all: u64) -> Result<(), Failure> {
        match self {
            Self::Counted(held) if held.grow(more) => Ok(()),
            Self::Counted(_) => Err(NotSent::Overloaded.into()),
            Self::Small(most) if all <= *most as u64 => Ok(()),
            Self::Small(_) => Err(Failure::too_large()),
        }
    }
}

/// Follows a body by the prefix of its first message (gRPC over HTTP/2, Length-Prefixed-Message).
/// One message is what a unary call has: tonic takes the first and drops what follows it, which the
/// caller would believe to be done.
#[derive(Default)]
pub(super) struct OneMessage {
    seen: u64,
    length: [u8; 4],
}

impl OneMessage {
    pub(super) const fn seen(&self) -> u64 {
        self.seen
    }

    /// Whether more has to come, of a message that is no longer than so many bytes.
    fn is_awaited(&self, longest: u32) -> bool {
        let length = u32::from_be_bytes(self.length);
        self.seen < PREFIX || length <= longest && self.seen - PREFIX < length.into()
    }

    /// Whether the body is still within its first message after these bytes.
    pub(super) fn holds(&mut self, data: &[u8]) -> bool {
        let prefix = (self.seen..PREFIX).zip(data);
        for (place, byte) in prefix {
            // The flags come first.
            let place = usize::try_from(place).unwrap_or_default().checked_sub(1);
            if let Some(length) = place.and_then(|place| self.length.get_mut(place)) {
                *length = *byte;
            }
        }
        self.seen = self.seen.saturating_add(data.len() as u64);
        self.seen <= PREFIX || self.seen - PREFIX <= u32::from_be_bytes(self.length).into()
    }
}

/// A body that must have arrived before the caller's time is over.
pub(super) struct Upload {
    pub(super) body: tonic::body::Body,
    pub(super) pace: Pace,
    pub(super) call: Call,
    pub(super) message: OneMessage,
    pub(super) allowance: Allowance,
    pub(super) entry: Option<Entry>,
    pub(super) intake: Option<Intake>,
}

type Next = Poll<Option<Result<Frame<Bytes>, Status>>>;

impl Upload {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Next {
        let Some(intake) = &mut self.intake else {
            return Pin::new(&mut self.body).poll_frame(context);
        };
        if intake.poll_leave(context).is_pending() {
            self.pace.hold_up();
            return Poll::Pending;
        }
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if !matches!(frame, Poll::Ready(Some(Ok(_)))) || self.body.is_end_stream() {
            intake.pause();
        }
        frame
    }

    fn take(&mut self, frame: &Frame<Bytes>) -> Result<(), Failure> {
        self.pace.advance();
        if self.entry.as_ref().is_some_and(|entry| !entry.begin()) {
            return Err(NotSent::Overloaded.into());
        }
        let data = frame.data_ref().map_or(&[][..], |data| data);
        if !self.message.holds(data) {
            return Err(Failure::not_unary());
        }
        self.allowance.admit(data.len(), self.message.seen())
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Next {
        let frame = self.poll_next(context);
        let failure = match &frame {
            Poll::Ready(Some(Ok(frame))) => self.take(frame).err(),
            Poll::Ready(Some(Err(_))) => {
                self.call.facts().lost = true;
                None
            }
            Poll::Ready(None) => None,
            Poll::Pending => {
                std::task::ready!(self.pace.poll_overdue(context));
                Some(Failure::no_time())
            }
        };
        match failure {
            Some(failure) => Poll::Ready(Some(Err(self.call.fail(failure)))),
            None => frame,
        }
    }
}

#[cfg(test)]
mod tests;
