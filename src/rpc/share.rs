//! What all connections have together of something that is scarce, and what one of them may
//! take of it: as much as it leaves to the others, or so many times as much. So a connection alone
//! gets a half, each of two a third, and something is left for whoever comes next. What is held for long would be halved
//! by each newcomer until nothing is left, so every connection has a little of its own besides.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What there is in all. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    most: usize,
    /// What one may take for each that it leaves.
    greed: usize,
    /// Of each connection, whatever others hold.
    own: usize,
    taken: AtomicUsize,
}

impl Budget {
    /// So much for all, and so much for each connection when the others hold all of it.
    pub(super) fn new(most: usize, own: usize) -> Self {
        Self::greedy(most, own, 1)
    }

    /// The same where one may take so many times as much as it leaves.
    pub(super) fn greedy(most: usize, own: usize, greed: usize) -> Self {
        let taken = AtomicUsize::new(0);
        Self(Arc::new(Pool {
            most,
            greed,
            own,
            taken,
        }))
    }

    pub(super) fn share(&self) -> Share {
        let pool = Arc::clone(&self.0);
        let taken = Arc::default();
        Share { pool, taken }
    }
}

/// The part of one connection. Clones are the same part.
#[derive(Debug, Clone)]
pub(super) struct Share {
    pool: Arc<Pool>,
    taken: Arc<AtomicUsize>,
}

impl Share {
    pub(super) fn nothing(&self) -> Held {
        let (share, amount) = (self.clone(), AtomicUsize::new(0));
        Held { share, amount }
    }

    pub(super) fn taken_by_all(&self) -> usize {
        self.pool.taken.load(Ordering::Relaxed)
    }

    /// So much, or `None` at once.
    pub(super) fn take(&self, amount: usize) -> Option<Held> {
        self.take_of(self.pool.most, amount)
    }

    /// The same where all together may have no more than so much.
    pub(super) fn take_of(&self, most: usize, amount: usize) -> Option<Held> {
        let held = self.nothing();
        held.grow_of(most, amount).then_some(held)
    }

    fn grow(&self, most: usize, more: usize) -> bool {
        let own = self.taken.load(Ordering::Relaxed).saturating_add(more);
        let fits = |taken: usize| {
            let taken = taken.checked_add(more)?;
            let left = most.saturating_sub(taken);
            let left = left.saturating_mul(self.pool.greed);
            (own <= left || own <= self.pool.own).then_some(taken)
        };
        let order = Ordering::Relaxed;
        let grown = self.pool.taken.fetch_update(order, order, fits).is_ok();
        if grown {
            self.taken.fetch_add(more, order);
        }
        grown
    }
}

/// What was taken; it goes back when it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    share: Share,
    amount: AtomicUsize,
}

impl Held {
    /// Takes more, or nothing more: whether there was enough.
    pub(super) fn grow(&self, more: usize) -> bool {
        self.grow_of(self.share.pool.most, more)
    }

    fn grow_of(&self, most: usize, more: usize) -> bool {
        let grown = more == 0 || self.share.grow(most, more);
        if grown {
            self.amount.fetch_add(more, Ordering::Relaxed);
        }
        grown
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.amount.load(Ordering::Relaxed) == 0
    }

    pub(super) fn give_back(&self) {
        let amount = self.amount.swap(0, Ordering::Relaxed);
        self.share.taken.fetch_sub(amount, Ordering::Relaxed);
        self.share.pool.taken.fetch_sub(amount, Ordering::Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn one_connection_leaves_as_much_as_it_takes() {
        let budget = Budget::new(100, 0);
        let (greedy, other) = (budget.share(), budget.share());
        let held = greedy.take(50).unwrap();
        assert!(!held.grow(1));
        assert!(other.take(25).is_some());
        assert!(other.take(26).is_none());
    }

    #[test]
    fn what_is_dropped_can_be_taken_again() {
        let share = Budget::new(100, 0).share();
        let held = share.take(30).unwrap();
        assert!(held.grow(20));
        assert!(share.take(1).is_none());
        drop(held);
        assert!(share.take(50).is_some());
    }

    #[test]
    fn a_connection_finds_its_own_however_many_came_before() {
        let budget = Budget::new(64, 4);
        let crowd: Vec<_> = (0..30).map(|_| budget.share()).collect();
        let mut held = Vec::new();
        for share in &crowd {
            held.extend((0..100).map_while(|_| share.take(1)));
        }
        let last = budget.share();
        let own = last.take(4).unwrap();
        assert!(!own.grow(1));
    }

    #[test]
    fn nothing_is_always_there() {
        let share = Budget::new(2, 0).share();
        let _all = share.take(1).unwrap();
        assert!(share.nothing().grow(0));
    }
}
