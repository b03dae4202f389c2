//! The time that a request has to arrive: one that stands still is ended soon, one that
//! trickles is ended at last.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::Status;

use super::status::Failure;

/// How long peers have for what must come from them.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// From a connection's first moment to the end of its handshakes, HTTP/2's included.
    pub handshake: Duration,
    /// Without a piece of this request or another one on its connection.
    pub idle: Duration,
    /// For a whole request; a photo of the largest size gets through a line of 25 kbit/s in
    /// the default.
    pub request: Duration,
    /// Until an answer is taken.
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            idle: Duration::from_secs(10),
            request: Duration::from_secs(60),
            answer: Duration::from_secs(60),
        }
    }
}

/// When the last piece of any request came over a connection. Where many requests share a line,
/// one stands still because its turn has not come: the connection must stand still, too.
#[derive(Debug, Clone, Default)]
pub(super) struct Moves(Arc<Mutex<Option<Instant>>>);

impl Moves {
    fn last(&self) -> MutexGuard<'_, Option<Instant>> {
        // Nothing that could panic is done under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn advance(&self) {
        *self.last() = Some(Instant::now());
    }

    pub(super) fn is_still(&self, now: Instant, long: Duration) -> bool {
        self.last()
            .is_none_or(|last| now.duration_since(last) >= long)
    }
}

pub(super) struct Pace {
    idle: Duration,
    /// Or was not taken in until then, though it may have come.
    arrived: Instant,
    moves: Moves,
    end: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl Pace {
    /// Of a request whose headers came in at `arrived`, and that is of no use after `deadline`.
    pub(super) fn new(
        patience: Patience,
        moves: Moves,
        arrived: Instant,
        deadline: Option<Instant>,
    ) -> Self {
        let longest = arrived + patience.request;
        let end = deadline.map_or(longest, |deadline| deadline.min(longest));
        Self {
            idle: patience.idle,
            arrived,
            moves,
            end,
            alarm: Box::pin(sleep_until(end.min(arrived + patience.idle))),
        }
    }

    pub(super) fn advance(&self) {
        self.moves.advance();
    }

    /// It is not the peer that it waits for now.
    pub(super) fn hold_up(&mut self) {
        self.arrived = Instant::now();
    }

    /// Resolves when the request is overdue; asked only while nothing more is there.
    pub(super) fn poll_overdue(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            std::task::ready!(self.alarm.as_mut().poll(context));
            let last = self.moves.last().unwrap_or(self.arrived);
            let end = self.end.min(last.max(self.arrived) + self.idle);
            if end <= Instant::now() {
                return Poll::Ready(());
            }
            // Pieces came since the alarm was set; it is not set anew for each of them.
            self.alarm.as_mut().reset(end);
        }
    }
}

/// The body of a request to health or reflection.
pub(super) struct Timed {
    body: tonic::body::Body,
    pace: Pace,
}

impl Timed {
    pub(super) fn new(body: tonic::body::Body, patience: Patience, moves: Moves) -> Self {
        let pace = Pace::new(patience, moves, Instant::now(), None);
        Self { body, pace }
    }
}

impl Body for Timed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if frame.is_ready() {
            self.pace.advance();
            return frame;
        }
        self.pace.poll_overdue(context).map(|()| {
            let status = Failure::no_time().status(None);
            Some(Err(status))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
