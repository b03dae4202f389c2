//! The body in pieces, and the proof that its last piece was never handed over.
//!
//! hyper asks for a piece, queues it, and asks for the next; it writes its queue when that holds
//! 16 pieces, or when the body has nothing to give yet. So there are 16 pieces and a small last
//! one: hyper asks for the last when the socket has taken all others. On a connection that was
//! used before it gets it later still, when the server's goodbye has had time to arrive.
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

/// What hyper queues before it insists on writing (`MAX_BUF_LIST_BUFFERS`).
const QUEUE: usize = 16;

/// The last piece is small: the later it is asked for, the more it proves.
const LAST: usize = 512;

/// A body that tells its exact length beforehand.
pub(super) struct Pieces {
    rest: Bytes,
    piece: usize,
    last: usize,
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
        let last = body.len().div_ceil(QUEUE + 1).min(LAST);
        Self {
            piece: (body.len() - last).div_ceil(QUEUE).max(1),
            rest: body,
            last,
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
        Poll::Ready(Some(if self.trip.hand_over() {
            Ok(Frame::data(std::mem::take(&mut self.rest)))
        } else {
            Err(Withdrawn)
        }))
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
        let before = self.rest.len() - self.last;
        if before == 0 {
            return self.poll_last(cx);
        }
        let piece = self.piece.min(before);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
