//! The thread that writes: everything that waits goes into one transaction.
//!
//! It begins when a thread that serves calls has nothing to do. While all of them are busy the next
//! changes are on their way, and a commit would take a processor from them: on one processor, with 64
//! calls in flight, a commit at once for whatever waits took a quarter to a third more of it
//! (`BASELINE=… cargo bench --bench verification`).

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

mod batch;

use super::connection;
use super::error::{Gone, breaks_connection, failed};
use crate::observe::{Event, Observer};
use crate::verify::port::LedgerError;
use crate::workers::Workers;
use batch::{Job, Order};

/// So many changes in one transaction at most.
const BATCH: usize = 256;

/// The way to the thread, which ends with this.
pub(super) struct Writer {
    jobs: Option<mpsc::UnboundedSender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread works with.
pub(super) struct Desk {
    /// The database.
    pub file: PathBuf,
    /// How long an operator's command may keep it waiting.
    pub wait: Duration,
    /// Learns of commits.
    pub observer: Arc<dyn Observer>,
    /// Set when the file was found damaged: then nothing is written.
    pub damaged: Arc<AtomicBool>,
    /// Who ask for changes.
    pub workers: &'static Workers,
}

impl Writer {
    /// Starts the thread, with a connection that is open.
    pub fn start(desk: Desk, connection: Connection) -> std::io::Result<Self> {
        let (jobs, waiting) = mpsc::unbounded_channel();
        let mut scrivener = Scrivener {
            desk,
            connection: Some(connection),
        };
        let thread = thread::Builder::new().name("ledger-writer".to_owned());
        let thread = thread.spawn(move || scrivener.work(waiting))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Does something in a transaction, together with others. It is durable when this returns. It
    /// is not done at all when nobody waits for it any more.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (reply, answer) = oneshot::channel();
        let order: Box<dyn Job> = Box::new(Order::new(work, reply));
        let jobs = self.jobs.as_ref().ok_or_else(|| failed(Gone))?;
        jobs.send(order).map_err(|_| failed(Gone))?;
        answer.await.unwrap_or_else(|_| Err(Gone.into()))
    }
}

impl Drop for Writer {
    /// Waits for what is being written: whoever opens the file next finds it at rest.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has told so itself.
            let _ = thread.join();
        }
    }
}

struct Scrivener {
    desk: Desk,
    connection: Option<Connection>,
}

impl Scrivener {
    fn work(&mut self, mut waiting: mpsc::UnboundedReceiver<Box<dyn Job>>) {
        let mut jobs = Vec::with_capacity(BATCH);
        while waiting.blocking_recv_many(&mut jobs, BATCH) > 0 {
            self.desk.workers.wait_for_idle();
            while jobs.len() < BATCH
                && let Ok(job) = waiting.try_recv()
            {
                jobs.push(job);
            }
            jobs.retain(|job| job.is_wanted());
            self.write(&mut jobs);
            jobs.clear();
        }
    }

    fn write(&mut self, jobs: &mut Vec<Box<dyn Job>>) {
        let begun = Instant::now();
        let connection = match self.connection() {
            Ok(connection) => connection,
            Err(error) => return jobs.drain(..).for_each(|job| job.reply(Err(error.clone()))),
        };
        let fate = batch::write(connection, jobs);
        if fate.is_ok() && !jobs.is_empty() {
            let event = Event::Committed(jobs.len(), begun.elapsed());
            self.desk.observer.record(&event);
        }
        let error = fate.as_ref().err();
        let mut errors = error
            .into_iter()
            .chain(jobs.iter().filter_map(|it| it.error()));
        if errors.any(breaks_connection) {
            // The next one comes when the next change does.
            self.connection = None;
        }
        jobs.drain(..).for_each(|job| job.reply(fate.clone()));
    }

    fn connection(&mut self) -> Result<&mut Connection, LedgerError> {
        if self.desk.damaged.load(Ordering::Relaxed) {
            return Err(failed(FoundDamaged));
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connection::open(&self.desk.file, self.desk.wait)?,
        };
        Ok(self.connection.insert(connection))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the file of the ledger is damaged")]
struct FoundDamaged;
