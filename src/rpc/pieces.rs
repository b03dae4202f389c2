//! Small pieces of bodies: what they cost until whoever waits for them has taken them.
//!
//! HTTP/2's library allows so many bytes of overhead for small pieces that nobody has taken yet,
//! half of the connection's window, and ends the connection beyond it (`too_many_data_frames`;
//! hyper has no setting: hyperium/hyper#4164). Honest clients get there when they begin a thousand
//! calls at once: theirs begin with a byte of each. So what the library counts is counted here,
//! and long before its end the connection is not read on until pieces are taken, however late the
//! runtime comes to the calls they are for.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

/// What is missing to so many bytes is overhead. What a piece has beyond them makes up for others.
const SMALL: i64 = 256;

/// Bytes of overhead: a quarter of what the library allows with our window of a connection.
const MOST: i64 = 32 * 1024;

/// After so long without one that was taken nobody takes the rest: their calls have ended.
const STILL: Duration = Duration::from_secs(1);

/// The pieces of one connection that came and were not taken. Clones are of the same connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Untaken(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Bytes. Below zero are pieces that have not come yet, of calls that have ended.
    overhead: AtomicI64,
    connection: AtomicWaker,
}

impl Untaken {
    /// A piece of so many bytes, and not the last of its body; whether pieces should be taken now.
    pub(super) fn came(&self, length: usize) -> bool {
        let missing = SMALL - i64::try_from(length).unwrap_or(i64::MAX);
        // The library drops an empty one.
        if missing < SMALL {
            let lowest = if missing < 0 { 0 } else { i64::MIN };
            self.add(missing, lowest);
        }
        self.overhead() >= MOST
    }

    fn taken(&self, length: usize) {
        let missing = SMALL - i64::try_from(length).unwrap_or(i64::MAX);
        if missing > 0 {
            self.add(-missing, 0);
            self.0.connection.wake();
        }
    }

    /// A call has ended before its request has come. As a rule that leaves one piece that nobody
    /// takes, which may be on the way.
    fn left_behind(&self) {
        self.add(1 - SMALL, -MOST);
        self.0.connection.wake();
    }

    /// But not to less than the lowest, if it was above.
    fn add(&self, bytes: i64, lowest: i64) {
        let sum = |before: i64| Some(before.saturating_add(bytes).max(lowest.min(before)));
        let order = Ordering::Relaxed;
        let _ = self.0.overhead.fetch_update(order, order, sum);
    }

    fn overhead(&self) -> i64 {
        self.0.overhead.load(Ordering::Relaxed)
    }
}

/// The body of a request, whose pieces are noted when they are taken.
pub(super) struct Counted {
    pub(super) body: Incoming,
    pub(super) untaken: Untaken,
}

impl Drop for Counted {
    fn drop(&mut self) {
        if !self.body.is_end_stream() {
            self.untaken.left_behind();
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
            && let Some(piece) = frame.data_ref()
            && !self.body.is_end_stream()
        {
            self.untaken.taken(piece.len());
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

/// A connection that waits for its pieces to be taken.
#[derive(Debug)]
pub(super) struct Pieces {
    untaken: Untaken,
    waits: Option<Pin<Box<Sleep>>>,
}

impl Pieces {
    pub(super) const fn new(untaken: Untaken) -> Self {
        let waits = None;
        Self { untaken, waits }
    }

    /// There are too many.
    pub(super) fn wait(&mut self) {
        self.waits = Some(Box::pin(sleep(STILL)));
    }

    /// Resolves when some were taken, or nobody takes them.
    pub(super) fn poll_taken(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(still) = &mut self.waits else {
            return Poll::Ready(());
        };
        self.untaken.0.connection.register(context.waker());
        let overhead = self.untaken.overhead();
        if overhead >= MOST {
            ready!(still.as_mut().poll(context));
            self.untaken.add(-overhead, 0);
        }
        self.waits = None;
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use futures_util::task::{ArcWake, noop_waker_ref, waker};
    use tokio::time::advance;

    use super::*;

    /// As many pieces of a byte as make a connection wait.
    const PIECES: usize = 129;

    fn full() -> (Untaken, Pieces) {
        let untaken = Untaken::default();
        let full: Vec<_> = (0..PIECES).map(|_| untaken.came(1)).collect();
        assert_eq!(full.iter().position(|full| *full), Some(PIECES - 1));
        let mut pieces = Pieces::new(untaken.clone());
        pieces.wait();
        (untaken, pieces)
    }

    fn waits(pieces: &mut Pieces) -> bool {
        let mut context = Context::from_waker(noop_waker_ref());
        pieces.poll_taken(&mut context).is_pending()
    }

    #[derive(Default)]
    struct Woken(AtomicU32);

    impl ArcWake for Woken {
        fn wake_by_ref(woken: &Arc<Self>) {
            woken.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_waits_until_one_is_taken_and_is_woken_then() {
        let (untaken, mut pieces) = full();
        let woken = Arc::<Woken>::default();
        let connection = waker(Arc::clone(&woken));
        let mut context = Context::from_waker(&connection);
        assert!(pieces.poll_taken(&mut context).is_pending());
        assert_eq!(woken.0.load(Ordering::Relaxed), 0);
        untaken.taken(1);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert!(pieces.poll_taken(&mut context).is_ready());
        assert!(untaken.came(1), "the next one is too many again");
    }

    #[tokio::test(start_paused = true)]
    async fn pieces_that_were_taken_before_are_not_waited_for() {
        let (untaken, mut pieces) = full();
        (0..PIECES).for_each(|_| untaken.taken(1));
        assert!(!waits(&mut pieces));
        assert!(!untaken.came(1));
    }

    #[test]
    fn large_pieces_make_up_for_small_ones_as_in_the_library() {
        let untaken = Untaken::default();
        for _ in 0..10 * PIECES {
            assert!(!untaken.came(1));
            assert!(!untaken.came(512));
        }
    }

    #[test]
    fn empty_pieces_cost_nothing() {
        let untaken = Untaken::default();
        assert!((0..10 * PIECES).all(|_| !untaken.came(0)));
    }

    #[tokio::test(start_paused = true)]
    async fn pieces_that_nobody_takes_hold_nobody_up_for_long() {
        let (untaken, mut pieces) = full();
        assert!(waits(&mut pieces));
        advance(STILL).await;
        assert!(!waits(&mut pieces));
        assert!(!untaken.came(1), "they are forgotten");
    }

    #[test]
    fn a_piece_may_come_after_its_call_has_ended() {
        let untaken = Untaken::default();
        (0..PIECES).for_each(|_| untaken.left_behind());
        assert!((0..PIECES).all(|_| !untaken.came(1)));
        untaken.left_behind();
        // Large pieces of others change nothing about them.
        untaken.came(1_000_000);
        assert!((0..PIECES).all(|_| !untaken.came(1)));
    }

    #[test]
    fn calls_that_leave_nothing_behind_hide_few_pieces() {
        let untaken = Untaken::default();
        (0..100 * PIECES).for_each(|_| untaken.left_behind());
        assert!((0..3 * PIECES).any(|_| untaken.came(1)));
    }
}
