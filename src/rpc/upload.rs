//! The body of a request on its way in: an upload that never ends is ended.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::Status;

use super::call::Call;
use super::status::Failure;

/// Longest upload of a caller that set no deadline; a photo of the largest size gets
/// through a line of 25 kbit/s in it.
const LONGEST: Duration = Duration::from_secs(60);

/// A body that must have arrived before the caller's time is over.
pub(super) struct Upload {
    body: tonic::body::Body,
    overdue: Pin<Box<Sleep>>,
    call: Call,
}

impl Upload {
    /// Bounds a body whose headers came in at `arrived`.
    pub(super) fn new(body: tonic::body::Body, arrived: Instant, call: Call) -> Self {
        let longest = arrived + LONGEST;
        let end = call.deadline.map_or(longest, |end| end.min(longest));
        Self {
            body,
            overdue: Box::pin(sleep_until(end)),
            call,
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
        if let Poll::Ready(Some(Err(_))) = frame {
            self.call.lose();
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
