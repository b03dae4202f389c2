//! What waits for the threads of a token, and how they stand.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::TokenError;

/// Requests that may wait, for each session: more would not be signed in time.
const WAITING: usize = 256;

/// Gets what became of a signature.
pub type Reply = Box<dyn FnOnce(Result<Vec<u8>, TokenError>) + Send>;

/// A signature that somebody waits for.
pub struct Job {
    pub digest: [u8; 32],
    /// From then on nobody waits for it.
    pub expires: Instant,
    pub reply: Reply,
}

/// What the threads have to do, and do.
pub struct Queue {
    jobs: VecDeque<Job>,
    /// Since when each thread has been busy.
    busy: Vec<Option<Instant>>,
    /// Which threads have a session.
    open: Vec<bool>,
    /// Threads that may be in a call.
    pub running: usize,
    pub closed: bool,
}

/// How the sessions of a key stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// They can sign, or do.
    pub open: usize,
    /// They are opened when they are needed.
    pub closed: usize,
    /// A call takes longer than one may.
    pub hung: usize,
}

impl Queue {
    pub fn of(sessions: usize) -> Self {
        Self {
            jobs: VecDeque::new(),
            busy: vec![None; sessions],
            open: vec![false; sessions],
            running: 0,
            closed: false,
        }
    }

    /// Takes a job on, or gives it back with the reason.
    pub fn put(&mut self, job: Job, timeout: Duration) -> Result<(), (Job, TokenError)> {
        if self.hangs(Instant::now(), timeout) {
            return Err((job, TokenError::Hung));
        }
        if self.jobs.len() >= self.busy.len() * WAITING {
            return Err((job, TokenError::Busy));
        }
        self.jobs.push_back(job);
        Ok(())
    }

    /// How its sessions stand now.
    pub fn tally(&self, timeout: Duration) -> Tally {
        let now = Instant::now();
        let mut tally = Tally::default();
        for (busy, open) in self.busy.iter().zip(&self.open) {
            match (busy, open) {
                (Some(since), _) if hangs(*since, now, timeout) => tally.hung += 1,
                (_, true) => tally.open += 1,
                (_, false) => tally.closed += 1,
            }
        }
        tally
    }

    /// A thread begins something.
    pub fn begin(&mut self, index: usize, now: Instant) {
        if let Some(busy) = self.busy.get_mut(index) {
            *busy = Some(now);
        }
    }

    /// A thread has ended it, with or without a session.
    pub fn end(&mut self, index: usize, is_open: bool) {
        if let Some(busy) = self.busy.get_mut(index) {
            *busy = None;
        }
        if let Some(open) = self.open.get_mut(index) {
            *open = is_open;
        }
    }

    /// Whether all do.
    fn hangs(&self, now: Instant, timeout: Duration) -> bool {
        let mut busy = self.busy.iter();
        busy.all(|since| since.is_some_and(|since| hangs(since, now, timeout)))
    }

    /// The next one that somebody waits for.
    pub fn job(&mut self, now: Instant) -> Option<Job> {
        let jobs = &mut self.jobs;
        std::iter::from_fn(|| jobs.pop_front()).find(|job| job.expires > now)
    }
}

fn hangs(since: Instant, now: Instant, timeout: Duration) -> bool {
    now > since + timeout
}
