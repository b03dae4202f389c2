//! The body in pieces, and the proof that its last piece was never handed over.
//!
//! hyper asks for a piece, queues it, and asks for the next. When 16 pieces are queued it asks for
//! no more before the socket has taken the first of them. So there is a large piece, with 16 small
//! ones behind it: hyper asks for the last when the socket has taken the large one. On a
//! connection that was used before, it gets the last one later still, when the server's goodbye
//! has had time to arrive.
//!
//! None of that is needed for the proof: what was never handed over was never written, however
//! hyper queues. It decides how often there is one.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::trip::Trip;
use crate::crash;

/// What hyper queues before it insists on writing (`MAX_BUF_LIST_BUFFERS`).
const QUEUE: usize = 16;

/// The later the last piece is asked for, the more often there is a proof.
const SMALL: usize = 32;

/// A body that tells its exact length beforehand.
pub(super) struct Pieces {
    rest: Bytes,
    small: usize,
    trip: Arc<Trip>,
    hold: Option<Pin<Box<Sleep>>>,
    begun: bool,
}

/// The last piece was asked for after it had been withdrawn.
#[derive(Debug, thiserror::Error)]
#[error("the rest of the request was withdrawn")]
pub(super) struct Withdrawn;

impl Pieces {
    pub(super) fn new(body: Bytes, trip: Arc<Trip>) -> Self {
        Self {
            small: (body.len() / (QUEUE + 1)).clamp(1, SMALL),
            rest: body,
            trip,
            hold: None,
            begun: false,
        }
    }

    /// Only here it is known on which connection the request goes.
    fn begin(&mut self) {
        if !self.begun {
            self.begun = true;
            let hold = self.trip.hold();
            self.hold = hold.map(|hold| Box::pin(sleep_until(Instant::now() + hold)));
        }
    }

    fn poll_last(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Withdrawn>>> {
        if let Some(hold) = &mut self.hold {
            ready!(hold.as_mut().poll(cx));
        }
        crash::point("upi-handing-over");
        Poll::Ready(Some(if self.trip.hand_over() {
            Ok(Frame::data(std::mem::take(&mut self.rest)))
        } else {
            Err(Withdrawn)
        }))
    }
}

/// hyper drops a body when it has taken the last piece.
#[cfg(feature = "crash-points")]
impl Drop for Pieces {
    fn drop(&mut self) {
        if self.rest.is_empty() {
            crash::point("upi-written");
        }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Withdrawn;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Withdrawn>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        self.begin();
        let (rest, small) = (self.rest.len(), self.small);
        if rest <= small {
            return self.poll_last(cx);
        }
        let large = rest.saturating_sub(QUEUE * small);
        let piece = if large > 0 { large } else { small };
        crash::point("upi-piece");
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
