//! Threads that sign, each with a session of its own: PKCS#11 admits one thread to a session, and a
//! call to a module cannot be cancelled. One that hangs keeps its thread and its session until it
//! returns; whoever waits for it gives up in time, and when all hang nobody waits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::TokenError;
use super::gate::Gate;
use super::queue::{Job, Queue, Reply, Tally};
use super::threads::{Threads, Work};

/// Where sessions come from.
pub trait Source: Send + Sync + 'static {
    /// Opens one, which is known to sign. `threads` are woken when sessions become stale.
    fn open(&self, threads: &Arc<Shared>) -> Result<Box<dyn Session>, TokenError>;

    /// Lets the next attempt do what was given up for good.
    fn forgive(&self);
}

/// A session, for the thread that opened it.
pub trait Session {
    fn sign(&self, digest: &[u8; 32]) -> Result<Vec<u8>, TokenError>;

    /// Whether it is of no use any more, and in the way of new ones.
    fn is_stale(&self) -> bool;
}

/// What a thread does next.
enum Task {
    Sign(Job),
    Close,
    Reopen,
}

/// What the threads share.
pub struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    /// Tells that a thread has closed its session, and ends.
    ended: Condvar,
    gate: Mutex<Gate>,
    source: Box<dyn Source>,
    /// A call that takes longer hangs.
    timeout: Duration,
}

/// The threads of a key; they end when it is dropped.
pub struct Pool {
    shared: Arc<Shared>,
    _threads: Threads,
}

impl Pool {
    pub fn start(
        source: Box<dyn Source>,
        sessions: usize,
        timeout: Duration,
    ) -> Result<Self, TokenError> {
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue::of(sessions)),
            wake: Condvar::new(),
            ended: Condvar::new(),
            gate: Mutex::default(),
            source,
            timeout,
        });
        let work = Arc::clone(&shared) as Arc<dyn Work>;
        let _threads = Threads::start(work, sessions)?;
        Ok(Self { shared, _threads })
    }

    /// Has a digest signed within `patience`; `reply` gets the signature, or is dropped.
    pub fn submit(&self, digest: [u8; 32], patience: Duration, reply: Reply) {
        let job = Job {
            digest,
            expires: Instant::now() + patience,
            reply,
        };
        let shared = &self.shared;
        let put = shared.queue().put(job, shared.timeout);
        match put {
            Ok(()) => shared.wake.notify_one(),
            Err((job, refused)) => (job.reply)(Err(refused)),
        }
    }

    /// How its sessions stand now.
    pub fn tally(&self) -> Tally {
        let shared = &self.shared;
        shared.queue().tally(shared.timeout)
    }

    /// Tries the token at once, whatever it said before.
    pub fn try_again(&self) {
        let shared = &self.shared;
        shared.source.forgive();
        shared.gate().reset();
    }
}

impl Work for Shared {
    fn run(self: Arc<Self>, index: usize) {
        self.queue().running += 1;
        let mut session = None;
        while let Some(task) = self.next(index, session.as_deref()) {
            match task {
                Task::Sign(job) => (job.reply)(self.sign(&mut session, &job.digest)),
                Task::Close => session = None,
                Task::Reopen => session = self.open().ok(),
            }
            self.queue().end(index, session.is_some());
        }
        drop(session);
        self.queue().running -= 1;
        self.ended.notify_all();
    }

    fn close(&self, patience: Duration) -> bool {
        let mut queue = self.queue();
        queue.closed = true;
        self.wake.notify_all();
        let ended = &self.ended;
        let waited = ended.wait_timeout_while(queue, patience, |queue| queue.running > 0);
        waited.is_ok_and(|(queue, _)| queue.running == 0)
    }
}

impl Shared {
    /// Lets the threads look whether their sessions are stale.
    pub fn wake(&self) {
        let queue = self.queue();
        self.wake.notify_all();
        drop(queue);
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to do; `None` when all is over.
    fn next(&self, index: usize, session: Option<&dyn Session>) -> Option<Task> {
        let mut queue = self.queue();
        loop {
            if queue.closed {
                return None;
            }
            let now = Instant::now();
            let retry = session.is_none().then(|| self.gate().retry_at()).flatten();
            let task = if session.is_some_and(Session::is_stale) {
                Some(Task::Close)
            } else if let Some(job) = queue.job(now) {
                Some(Task::Sign(job))
            } else {
                retry.filter(|at| *at <= now).map(|_| Task::Reopen)
            };
            if task.is_some() {
                queue.begin(index, now);
                return task;
            }
            queue = match retry {
                Some(at) => {
                    let waited = self.wake.wait_timeout(queue, at - now);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.wake.wait(queue);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
    }

    /// By the session that there is, and when that is lost by a new one.
    fn sign(
        self: &Arc<Self>,
        session: &mut Option<Box<dyn Session>>,
        digest: &[u8; 32],
    ) -> Result<Vec<u8>, TokenError> {
        let signed = session
            .as_ref()
            .map(|session| guarded(|| session.sign(digest)));
        if let Some(Ok(signature)) = signed {
            return Ok(signature);
        }
        *session = None;
        let fresh = self.open()?;
        let signature = guarded(|| fresh.sign(digest))?;
        *session = Some(fresh);
        Ok(signature)
    }

    fn open(self: &Arc<Self>) -> Result<Box<dyn Session>, TokenError> {
        self.gate().admit(Instant::now())?;
        let opened = guarded(|| self.source.open(self));
        let mut gate = self.gate();
        match &opened {
            Ok(_) => gate.opened(),
            Err(error) => gate.failed(error, Instant::now()),
        }
        opened
    }
}

/// A panic within the library below is an error.
fn guarded<T>(call: impl FnOnce() -> Result<T, TokenError>) -> Result<T, TokenError> {
    let called = catch_unwind(AssertUnwindSafe(call));
    called.unwrap_or(Err(TokenError::Ended))
}
