//! The threads of keys, and their end. A process that ends under a call to a module may crash, since the
//! module cleans up after itself, too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::TokenError;

/// For calls under way when a key is given up.
const LAST_CALLS: Duration = Duration::from_secs(1);

/// What the threads of a key do.
pub trait Work: Send + Sync {
    /// The part of one thread, until the end.
    fn run(self: Arc<Self>, index: usize);

    /// Has all of them end, and waits for it as long as `patience`; says whether none is in a call.
    fn close(&self, patience: Duration) -> bool;
}

/// Those of every key that may be in a call.
static ALL: Mutex<Vec<Arc<Running>>> = Mutex::new(Vec::new());

/// The threads of a key; they end when it is dropped.
pub struct Threads(Arc<Running>);

struct Running {
    work: Arc<dyn Work>,
    handles: Mutex<Vec<JoinHandle<()>>>,
}

impl Threads {
    /// Starts so many.
    pub fn start(work: Arc<dyn Work>, number: usize) -> Result<Self, TokenError> {
        let running = Arc::new(Running {
            work,
            handles: Mutex::default(),
        });
        all().push(Arc::clone(&running));
        let threads = Self(running);
        for index in 0..number {
            threads.0.spawn(index)?;
        }
        Ok(threads)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if self.0.end() {
            all().retain(|running| !Arc::ptr_eq(running, &self.0));
        }
    }
}

/// Ends the threads of all keys, whoever has the keys or is just dropping them; waits for each one's
/// last calls for up to a second. For the end of the process.
pub fn end_all() {
    let running = all().clone();
    for threads in running {
        threads.end();
    }
}

fn all() -> MutexGuard<'static, Vec<Arc<Running>>> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Running {
    fn spawn(&self, index: usize) -> Result<(), TokenError> {
        let work = Arc::clone(&self.work);
        let thread = Builder::new().name("token".to_owned());
        let handle = thread.spawn(move || work.run(index));
        self.handles().push(handle.map_err(|_| TokenError::Ended)?);
        Ok(())
    }

    /// Waits for them, unless one hangs; says whether all have ended. Whoever comes second waits for
    /// the first.
    fn end(&self) -> bool {
        let mut handles = self.handles();
        let ended = self.work.close(LAST_CALLS);
        if ended {
            for handle in handles.drain(..) {
                // Its panic would have been caught before.
                let _ = handle.join();
            }
        }
        ended
    }

    fn handles(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
