//! The bodies of requests on their way in: one that never ends is ended, and so many at
//! once are let in that they fit into memory.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tonic::Status;

use super::call::Call;
use super::status::Failure;
use super::unary::OneMessage;
use crate::verify::error::NotSent;

/// Longest upload of a caller that set no deadline; a photo of the largest size gets
/// through a line of 25 kbit/s in it.
const LONGEST: Duration = Duration::from_secs(60);

/// Uploads at one time. A usual one is over within milliseconds; with the largest messages
/// this many take `server.max_message_bytes` each.
const MOST: usize = 512;

/// How long an upload waits for room, its bytes held back by HTTP/2's flow control: a burst
/// gets through, and callers behind uploads that hang learn soon to go elsewhere.
const WAIT: Duration = Duration::from_secs(5);

/// Room for uploads. Clones share it.
#[derive(Clone)]
pub(super) struct Room(Arc<Semaphore>);

impl Room {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MOST)))
    }

    /// A place for one upload, soon or not at all, and never after the caller's time.
    pub(super) async fn enter(
        &self,
        deadline: Option<Instant>,
    ) -> Result<OwnedSemaphorePermit, Failure> {
        let place = Arc::clone(&self.0).acquire_owned();
        let longest = Instant::now() + WAIT;
        let end = deadline.map_or(longest, |deadline| deadline.min(longest));
        match timeout_at(end, place).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(NotSent::Overloaded.into()),
        }
    }
}

/// A body that must have arrived before the caller's time is over.
pub(super) struct Upload {
    body: tonic::body::Body,
    overdue: Pin<Box<Sleep>>,
    call: Call,
    message: OneMessage,
    _place: OwnedSemaphorePermit,
}

impl Upload {
    /// Bounds a body whose headers came in at `arrived`.
    pub(super) fn new(
        body: tonic::body::Body,
        arrived: Instant,
        call: Call,
        place: OwnedSemaphorePermit,
    ) -> Self {
        let longest = arrived + LONGEST;
        let end = call.deadline.map_or(longest, |end| end.min(longest));
        Self {
            body,
            overdue: Box::pin(sleep_until(end)),
            call,
            message: OneMessage::default(),
            _place: place,
        }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        match &frame {
            Poll::Ready(Some(Err(_))) => self.call.lose(),
            Poll::Ready(Some(Ok(frame))) => {
                let data = frame.data_ref().map_or(&[][..], |data| data);
                if !self.message.holds(data) {
                    return Poll::Ready(Some(Err(self.call.fail(Failure::not_unary()))));
                }
            }
            _ => {}
        }
        if frame.is_pending() && self.overdue.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(self.call.fail(Failure::no_time()))));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
