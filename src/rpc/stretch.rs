//! How much of a connection is read at a stretch.
//!
//! With a peer that always has more to send, HTTP/2's library would go on reading, and each
//! request that is complete costs a millisecond of a processor. So after a stretch there is a
//! pause, in which everything that is ready has its turn: other connections, answers, health. How
//! long that takes decides about the next stretch: under load every connection gives a little at
//! a time.
//!
//! Where more has come than can be sealed for now, it is enough to look now and then at what else has:
//! most of that are calls that will be refused.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use super::pieces::{Pieces, Untaken};
use crate::verify::sealing::Lull;

/// Bytes, where nothing else is to be done: a photo of the largest size and some more.
const LONGEST: usize = 256 * 1024;

/// A photo takes ten rounds then.
const SHORTEST: usize = 16 * 1024;

/// A round of everything that is ready should take no longer.
const ROUND: Duration = Duration::from_millis(5);

/// Counts the turns of a connection's task. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns(Arc<AtomicU64>);

impl Turns {
    pub(super) async fn count<F: Future>(&self, mut task: Pin<&mut F>) -> F::Output {
        poll_fn(|context| {
            self.next();
            task.as_mut().poll(context)
        })
        .await
    }

    pub(super) fn next(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub(super) struct Stretch {
    turns: Turns,
    length: usize,
    left: usize,
    /// In which turn, and since when.
    paused: Option<(u64, Instant)>,
    pieces: Pieces,
    lull: Lull,
}

impl Stretch {
    pub(super) fn new(turns: Turns, untaken: Untaken, lull: Lull) -> Self {
        Self {
            turns,
            pieces: Pieces::new(untaken),
            lull,
            length: LONGEST,
            left: LONGEST,
            paused: None,
        }
    }

    /// How much may be read now. Not yet in the turn in which the last stretch ended, however
    /// often the library asks.
    pub(super) fn poll_left(&mut self, context: &mut Context<'_>) -> Poll<usize> {
        ready!(self.lull.poll_over(context));
        if self.left > 0 {
            return Poll::Ready(self.left);
        }
        let turn = self.turns.now();
        match self.paused {
            None => self.pause(turn, context),
            Some((paused, _)) if paused == turn => Poll::Pending,
            Some((_, since)) => {
                ready!(self.pieces.poll_taken(context));
                self.go_on(since.elapsed());
                Poll::Ready(self.left)
            }
        }
    }

    /// So much was read. A peer that has no more for now begins anew.
    pub(super) fn read(&mut self, bytes: Option<usize>) {
        match bytes {
            Some(bytes) => self.left = self.left.saturating_sub(bytes),
            None => {
                self.left = self.length;
                self.paused = None;
                self.lull.begin();
            }
        }
    }

    /// The rest is for when the pieces so far are taken.
    pub(super) fn end(&mut self) {
        self.pieces.wait();
        self.left = 0;
    }

    fn pause(&mut self, turn: u64, context: &Context<'_>) -> Poll<usize> {
        self.paused = Some((turn, Instant::now()));
        // Behind everything that is ready.
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn go_on(&mut self, round: Duration) {
        self.length = if round > ROUND {
            (self.length / 2).max(SHORTEST)
        } else {
            (self.length * 2).min(LONGEST)
        };
        self.left = self.length;
        self.paused = None;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use futures_util::task::noop_waker_ref;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::advance;

    use super::super::preface::Listened;
    use super::super::unread::Unread;
    use super::*;
    use crate::verify::sealing::Sealing;

    /// Nobody waits to be sealed.
    fn lull() -> Lull {
        Lull::new(Arc::default(), Arc::default())
    }

    /// What may be read in this turn, all of which is read then.
    fn read(stretch: &mut Stretch) -> usize {
        let mut context = Context::from_waker(noop_waker_ref());
        let mut all = 0;
        while let Poll::Ready(left) = stretch.poll_left(&mut context) {
            stretch.read(Some(left));
            all += left;
        }
        all
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_one_stretch_in_a_turn() {
        let turns = Turns::default();
        let mut stretch = Stretch::new(turns.clone(), Untaken::default(), lull());
        assert_eq!(read(&mut stretch), LONGEST);
        assert_eq!(read(&mut stretch), 0, "the library asks twice");
        turns.next();
        assert_eq!(read(&mut stretch), LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn stretches_are_short_where_rounds_are_long() {
        let turns = Turns::default();
        let mut stretch = Stretch::new(turns.clone(), Untaken::default(), lull());
        let mut lengths = Vec::new();
        for round in [9, 9, 9, 9, 9, 0, 0] {
            read(&mut stretch);
            advance(Duration::from_millis(round)).await;
            turns.next();
            let mut context = Context::from_waker(noop_waker_ref());
            let left = stretch.poll_left(&mut context);
            lengths.push(left.map(|left| left / 1024));
        }
        let expected = [128, 64, 32, 16, 16, 32, 64].map(Poll::Ready);
        assert_eq!(lengths, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn where_many_wait_to_be_sealed_all_that_is_there_is_read_and_the_rest_later() {
        let turns = Turns::default();
        let sealing = Arc::<Sealing>::default();
        sealing.crowd();
        let lull = Lull::new(sealing, Arc::new(true.into()));
        let mut stretch = Stretch::new(turns.clone(), Untaken::default(), lull);
        assert_eq!(read(&mut stretch), LONGEST);
        turns.next();
        assert_eq!(read(&mut stretch), LONGEST);
        turns.next();
        stretch.read(None);
        assert_eq!(read(&mut stretch), 0);
        advance(Duration::from_secs(1)).await;
        assert_eq!(read(&mut stretch), LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_has_no_more_for_now_begins_anew() {
        let mut stretch = Stretch::new(Turns::default(), Untaken::default(), lull());
        stretch.read(Some(LONGEST - 1));
        stretch.read(None);
        assert_eq!(read(&mut stretch), LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_are_counted_anew_after_all_that_was_there_has_been_read() {
        let (mut peer, io) = tokio::io::duplex(LONGEST);
        let parts = (Turns::default(), Untaken::default(), lull());
        let (mut listened, _) = Listened::new(io, Unread::default(), parts);
        let mut buffer = vec![0; LONGEST];
        peer.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            .await
            .unwrap();
        assert_eq!(listened.read(&mut buffer).await.unwrap(), 24);
        let calls = [0, 0, 0, 1, 5, 0, 0, 0, 1].repeat(100);
        for _ in 0..3 {
            assert!(listened.read(&mut buffer).now_or_never().is_none());
            peer.write_all(&calls).await.unwrap();
            assert_eq!(listened.read(&mut buffer).await.unwrap(), calls.len());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn every_byte_comes_through_whatever_the_stretches() {
        let sent: Vec<u8> = (0..4 * LONGEST).map(|byte| (byte % 251) as u8).collect();
        let turns = Turns::default();
        let (mut listened, _) = Listened::new(
            sent.as_slice(),
            Unread::default(),
            (turns.clone(), Untaken::default(), lull()),
        );
        let mut came = Vec::new();
        let mut read = std::pin::pin!(listened.read_to_end(&mut came));
        loop {
            turns.next();
            // Long rounds, so that less is read than there is room for.
            advance(2 * ROUND).await;
            let polled = poll_fn(|context| Poll::Ready(read.as_mut().poll(context)));
            if let Poll::Ready(ended) = polled.await {
                ended.unwrap();
                break;
            }
        }
        assert!(came == sent);
    }
}
