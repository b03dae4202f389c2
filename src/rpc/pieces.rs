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
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

/// What is missing to so many bytes is overhead. What a piece has beyond them makes up for others.
const SMALL: usize = 256;

/// Bytes of overhead: a quarter of what the library allows with our window of a connection.
const MOST: usize = 32 * 1024;

/// Bytes of overhead with which a connection is read on.
const FEW: usize = MOST / 2;

/// After so long without one that was taken nobody takes the rest: their calls have ended.
const STILL: Duration = Duration::from_secs(1);

/// The pieces of one connection that came and were not taken. Clones are of the same connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Untaken(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Bytes.
    overhead: AtomicUsize,
    connection: AtomicWaker,
}

impl Untaken {
    /// A piece of so many bytes, and not the last of its body; whether pieces should be taken now.
    pub(super) fn came(&self, length: usize) -> bool {
        match SMALL.checked_sub(length) {
            // The library drops it.
            Some(SMALL) => {}
            Some(missing) => {
                self.0.overhead.fetch_add(missing, Ordering::Relaxed);
            }
            None => self.less(length - SMALL),
        }
        self.overhead() >= MOST
    }

    fn taken(&self, length: usize) {
        self.less(SMALL.saturating_sub(length));
        if self.overhead() <= FEW {
            self.0.connection.wake();
        }
    }

    fn less(&self, bytes: usize) {
        let less = |overhead: usize| Some(overhead.saturating_sub(bytes));
        let _ = self
            .0
            .overhead
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    fn overhead(&self) -> usize {
        self.0.overhead.load(Ordering::Relaxed)
    }
}

/// The body of a request, whose pieces are noted when they are taken.
pub(super) struct Counted {
    pub(super) body: Incoming,
    pub(super) untaken: Untaken,
}

impl Drop for Counted {
    /// A call that ends before its request has come leaves a piece behind, as a rule: the library
    /// drops it.
    fn drop(&mut self) {
        if !self.body.is_end_stream() {
            self.untaken.taken(1);
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
            && piece.len() < SMALL
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
    /// The overhead when it was looked at, and how long that may stay.
    waits: Option<(usize, Pin<Box<Sleep>>)>,
}

impl Pieces {
    pub(super) const fn new(untaken: Untaken) -> Self {
        let waits = None;
        Self { untaken, waits }
    }

    /// There are too many.
    pub(super) fn wait(&mut self) {
        self.waits = Some((self.untaken.overhead(), Box::pin(sleep(STILL))));
    }

    /// Resolves when few are left, or nobody takes them.
    pub(super) fn poll_taken(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while let Some((seen, still)) = &mut self.waits {
            self.untaken.0.connection.register(context.waker());
            let overhead = self.untaken.overhead();
            if overhead > FEW {
                ready!(still.as_mut().poll(context));
                if overhead < *seen {
                    self.wait();
                    continue;
                }
                self.untaken.less(overhead);
            }
            self.waits = None;
        }
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
    const PIECES: usize = MOST.div_ceil(SMALL - 1);

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
    async fn a_connection_waits_for_half_of_its_pieces_and_is_woken_once() {
        let (untaken, mut pieces) = full();
        let woken = Arc::<Woken>::default();
        let connection = waker(Arc::clone(&woken));
        let mut context = Context::from_waker(&connection);
        for _ in 0..PIECES / 2 {
            assert!(pieces.poll_taken(&mut context).is_pending());
            assert_eq!(woken.0.load(Ordering::Relaxed), 0);
            untaken.taken(1);
        }
        untaken.taken(1);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert!(pieces.poll_taken(&mut context).is_ready());
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
            assert!(!untaken.came(2 * SMALL));
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

    #[tokio::test(start_paused = true)]
    async fn pieces_may_be_taken_slowly() {
        let (untaken, mut pieces) = full();
        for _ in 0..=PIECES / 2 {
            assert!(waits(&mut pieces));
            advance(STILL / 2).await;
            untaken.taken(1);
        }
        assert!(!waits(&mut pieces));
    }
}
