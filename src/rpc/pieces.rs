//! Small pieces of bodies: how many came, and how many were taken by whoever waits for them.
//!
//! HTTP/2's library allows so many bytes of overhead for small pieces that nobody has taken yet,
//! half of the connection's window, and ends the connection beyond it (`too_many_data_frames`;
//! hyper has no setting: hyperium/hyper#4164). Honest clients get there when they begin a thousand
//! calls at once: theirs begin with a byte of each. So a connection is not read on before its
//! pieces are taken, however late the runtime comes to the calls they are for.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Instant;

/// Less than this in a piece is overhead: the library counts what is missing.
pub(super) const SMALL: usize = 256;

/// Pieces at a time: a quarter of what the library allows with our window of a connection.
pub(super) const PIECES: u32 = 128;

/// After so long without one that was taken nobody takes the rest: their calls have ended.
const STILL: Duration = Duration::from_secs(1);

/// Counts the pieces that were taken. Clones count for the same connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken(Arc<AtomicU64>);

impl Taken {
    fn one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The body of a request, whose pieces are counted when they are taken.
pub(super) struct Counted {
    pub(super) body: Incoming,
    pub(super) taken: Taken,
}

impl Drop for Counted {
    /// A call that ends before its request has come leaves a piece behind, as a rule: the library
    /// drops it.
    fn drop(&mut self) {
        if !self.body.is_end_stream() {
            self.taken.one();
        }
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && frame.data_ref().is_some_and(|data| data.len() < SMALL)
        {
            self.taken.one();
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

/// Whether a connection waits for its pieces to be taken.
#[derive(Debug)]
pub(super) struct Pieces {
    taken: Taken,
    came: u64,
    waits: bool,
    /// How many were taken at the last look, and since when.
    last: (u64, Instant),
}

impl Pieces {
    pub(super) fn new(taken: Taken) -> Self {
        Self {
            taken,
            came: 0,
            waits: false,
            last: (0, Instant::now()),
        }
    }

    /// So many more came. The last piece of a body is taken, too, and holds nothing back: so more
    /// may have been taken than came.
    pub(super) fn came(&mut self) {
        let taken = self.taken.now();
        self.came = self.came.max(taken) + u64::from(PIECES);
        (self.waits, self.last) = (true, (taken, Instant::now()));
    }

    /// Asked once in a turn.
    pub(super) fn wait(&mut self) -> bool {
        if !self.waits {
            return false;
        }
        let (taken, now) = (self.taken.now(), Instant::now());
        if taken != self.last.0 {
            self.last = (taken, now);
        }
        if now.duration_since(self.last.1) >= STILL {
            self.came = taken;
        }
        self.waits = self.came.saturating_sub(taken) >= u64::from(PIECES);
        self.waits
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn with(taken: &Taken) -> Pieces {
        let mut pieces = Pieces::new(taken.clone());
        pieces.came();
        pieces
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_waits_for_its_pieces_and_no_longer() {
        let taken = Taken::default();
        let mut pieces = with(&taken);
        assert!(pieces.wait());
        taken.one();
        assert!(!pieces.wait());
        pieces.came();
        assert!(pieces.wait());
        taken.0.fetch_add(u64::from(PIECES), Ordering::Relaxed);
        assert!(!pieces.wait());
    }

    #[tokio::test(start_paused = true)]
    async fn pieces_that_nobody_takes_hold_nobody_up_for_long() {
        let taken = Taken::default();
        let mut pieces = with(&taken);
        advance(STILL).await;
        assert!(!pieces.wait());
        pieces.came();
        assert!(pieces.wait(), "the next are waited for");
    }

    #[tokio::test(start_paused = true)]
    async fn pieces_may_be_taken_slowly() {
        let taken = Taken::default();
        let mut pieces = with(&taken);
        pieces.came();
        for _ in 0..PIECES {
            assert!(pieces.wait());
            advance(STILL / 2).await;
            taken.one();
        }
        assert!(pieces.wait());
        taken.one();
        assert!(!pieces.wait());
    }

    #[tokio::test(start_paused = true)]
    async fn last_pieces_count_for_nothing() {
        let taken = Taken::default();
        taken.0.fetch_add(1000, Ordering::Relaxed);
        assert!(with(&taken).wait());
    }
}
