//! What a peer does not take: answers for which it opens no window (RFC 9113, section 5.2), and
//! bytes that it does not read. Either would hold streams and memory for ever.
//!
//! A part of an answer goes to HTTP/2's library, which drops it when it is written, and has no
//! time limit for it. So each part that is given is noted until it is dropped. The library has no
//! way to end one stream that it has taken over, either: the connection is cut. No honest peer
//! comes near: answers are smaller than the smallest window that any of them begins with.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, sleep, sleep_until};
use tonic::Status;

use super::quota::Place;

/// It may be this process that stood still and not the peer: then it writes as soon as it goes on.
const MOMENT: Duration = Duration::from_secs(1);

/// What one connection has not taken yet. Clones tell the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Unread(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    /// When each part was given: the first is the oldest.
    given: BTreeMap<u64, Instant>,
    /// Since when the peer's side of the line has been full.
    blocked: Option<Instant>,
}

impl Unread {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic is done under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether the last thing that was written found room.
    pub(super) fn wrote(&self, found_room: bool) {
        let mut state = self.state();
        if found_room {
            state.blocked = None;
        } else {
            state.blocked.get_or_insert_with(Instant::now);
        }
    }

    fn give(&self, bytes: Bytes) -> Piece {
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        state.given.insert(number, Instant::now());
        drop(state);
        let unread = self.clone();
        Piece {
            bytes,
            number,
            unread,
        }
    }

    fn since(&self) -> Option<Instant> {
        let state = self.state();
        let oldest = state.given.values().next();
        oldest.copied().into_iter().chain(state.blocked).min()
    }

    /// Resolves when something has not been taken for so long, and a moment.
    pub(super) async fn overdue(&self, patience: Duration) {
        loop {
            let now = Instant::now();
            let end = self.since().unwrap_or(now) + patience;
            if end > now {
                sleep_until(end).await;
                continue;
            }
            sleep(MOMENT).await;
            if self.since().is_some_and(|since| since + patience <= now) {
                return;
            }
        }
    }
}

/// Bytes of an answer, until they are written.
#[derive(Debug)]
pub(super) struct Piece {
    bytes: Bytes,
    number: u64,
    unread: Unread,
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.unread.state().given.remove(&self.number);
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
    }
}

/// The body of an answer, each part of which is noted, and what its request holds.
pub(super) struct Answer {
    pub(super) body: tonic::body::Body,
    pub(super) unread: Unread,
    pub(super) _place: Option<Place>,
}

impl Body for Answer {
    type Data = Piece;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, Status>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        frame.map_ok(|frame| frame.map_data(|bytes| self.unread.give(bytes)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
