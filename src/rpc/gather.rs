//! Answers that are ready at the same time leave together.
//!
//! The runtime goes on with a connection as soon as one of its calls has an answer, before the calls
//! behind it have theirs: without this each answer is a write of its own, where many are refused, and
//! the peer is woken for each. So a write comes behind everything that is ready, once.

use std::task::{Context, Poll};

use super::stretch::Turns;

/// Lets a connection write in every other turn at most.
#[derive(Debug)]
pub(super) struct Gather {
    turns: Turns,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Nothing,
    /// Something is to be written since this turn.
    Since(u64),
    /// All is written in this turn.
    Writes(u64),
}

impl Gather {
    pub(super) const fn new(turns: Turns) -> Self {
        let state = State::Nothing;
        Self { turns, state }
    }

    /// Resolves in the turn after the one in which it was asked first.
    pub(super) fn poll_turn(&mut self, context: &Context<'_>) -> Poll<()> {
        let turn = self.turns.now();
        match self.state {
            State::Writes(now) if now == turn => Poll::Ready(()),
            State::Since(now) if now == turn => Poll::Pending,
            State::Since(_) => {
                self.state = State::Writes(turn);
                Poll::Ready(())
            }
            State::Nothing | State::Writes(_) => {
                self.state = State::Since(turn);
                // Behind everything that is ready.
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::task::{ArcWake, waker};

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicU32);

    impl ArcWake for Woken {
        fn wake_by_ref(woken: &Arc<Self>) {
            woken.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_write_comes_in_the_next_turn_and_with_it_all_others() {
        let (turns, woken) = (Turns::default(), Arc::<Woken>::default());
        let waker = waker(Arc::clone(&woken));
        let context = Context::from_waker(&waker);
        let mut gather = Gather::new(turns.clone());
        for asked in 1..=3 {
            for _ in 0..2 {
                assert!(gather.poll_turn(&context).is_pending());
            }
            assert_eq!(woken.0.load(Ordering::Relaxed), asked, "once for all");
            turns.next();
            for _ in 0..2 {
                assert!(gather.poll_turn(&context).is_ready());
            }
            turns.next();
        }
    }
}
