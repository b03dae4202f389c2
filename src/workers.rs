//! The threads of the runtime, which serve calls, and whether one of them has nothing to do.
//!
//! For work that costs less for each the more of it is done together, like commits: while all
//! threads are busy more of it comes, and it would only take the processor from them.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Builder;

/// Those of this process, which has one runtime. Calls wait for what waits for an idle thread: not
/// for long.
pub static RUNTIME: Workers = Workers::unknown(Duration::from_millis(10));

/// How many threads have nothing to do, where that is known.
#[derive(Debug)]
pub struct Workers {
    idle: Mutex<Option<usize>>,
    one_is_idle: Condvar,
    limit: Duration,
}

impl Workers {
    /// Threads of which nobody tells anything. An idle one is never waited for beyond the limit.
    #[must_use]
    pub const fn unknown(limit: Duration) -> Self {
        Self {
            idle: Mutex::new(None),
            one_is_idle: Condvar::new(),
            limit,
        }
    }

    /// Threads that are busy until one is told to park.
    #[cfg(test)]
    pub(crate) const fn busy(limit: Duration) -> Self {
        Self {
            idle: Mutex::new(Some(0)),
            one_is_idle: Condvar::new(),
            limit,
        }
    }

    /// The threads of the runtime that is going to be built; they are busy until one tells.
    pub fn watch<'a>(&'static self, builder: &'a mut Builder) -> &'a mut Builder {
        *self.idle() = Some(0);
        builder
            .on_thread_park(|| self.parks())
            .on_thread_unpark(|| self.goes_on())
    }

    /// Blocks until a thread has nothing to do, or up to the limit; says whether one has nothing to
    /// do. Where that is not known this does not wait.
    pub fn wait_for_idle(&self) -> bool {
        let none_is = |idle: &mut Option<usize>| *idle == Some(0);
        let waited = self
            .one_is_idle
            .wait_timeout_while(self.idle(), self.limit, none_is);
        let (idle, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *idle != Some(0)
    }

    pub(crate) fn parks(&self) {
        let mut idle = self.idle();
        *idle = idle.map(|number| number.saturating_add(1));
        drop(idle);
        self.one_is_idle.notify_all();
    }

    fn goes_on(&self) {
        let mut idle = self.idle();
        *idle = idle.map(|number| number.saturating_sub(1));
    }

    fn idle(&self) -> MutexGuard<'_, Option<usize>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn nobody_waits_where_nothing_is_known() {
        assert!(Workers::unknown(Duration::MAX).wait_for_idle());
    }

    #[test]
    fn nobody_waits_beyond_the_limit() {
        assert!(!Workers::busy(Duration::from_millis(1)).wait_for_idle());
    }

    #[test]
    fn a_thread_that_works_is_not_idle_until_it_is_done() {
        static WORKERS: Workers = Workers::unknown(Duration::MAX);
        let mut builder = Builder::new_multi_thread();
        let runtime = WORKERS.watch(builder.worker_threads(1)).build().unwrap();
        assert!(WORKERS.wait_for_idle());
        let (begun, has_begun) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        runtime.spawn(async move {
            begun.send(()).unwrap();
            may_go_on.recv().unwrap();
        });
        has_begun.recv().unwrap();
        assert_eq!(*WORKERS.idle(), Some(0));
        go_on.send(()).unwrap();
        assert!(WORKERS.wait_for_idle());
    }
}
