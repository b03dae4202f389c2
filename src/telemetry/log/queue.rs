//! Lines on their way to standard error. Whoever logs only queues a line, and one thread
//! writes: a reader that stalls (a full pipe, a stopped terminal) costs lines, which are
//! counted, and never a call.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use super::super::otlp::Losses;
use super::format::Line;

#[cfg(test)]
mod tests;

/// Lines that may wait: a few megabytes, and half a minute of most gateways.
pub(super) const CAPACITY: usize = 8192;

/// Where lines are queued. Its clones are the same one.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    sender: SyncSender<Vec<u8>>,
    standing: Arc<Standing>,
    losses: Arc<Losses>,
}

/// How far the writing is.
#[derive(Debug, Default)]
struct Standing {
    queued: AtomicU64,
    /// Lost, and no line has said so.
    untold: AtomicU64,
    written: Mutex<u64>,
    moved: Condvar,
}

impl Lines {
    /// Starts the thread that writes to `out`. It ends with the process.
    pub(super) fn start(
        out: impl Write + Send + 'static,
        form: Line,
        capacity: usize,
        losses: Arc<Losses>,
    ) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(capacity);
        let standing = Arc::<Standing>::default();
        let scribe = Scribe {
            out,
            form,
            standing: Arc::clone(&standing),
            losses: Arc::clone(&losses),
        };
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || scribe.run(&receiver))?;
        Ok(Self {
            sender,
            standing,
            losses,
        })
    }

    /// Waits until what was queued is written, at most for `limit`.
    pub(super) fn flush(&self, limit: Duration) {
        let queued = self.standing.queued.load(Ordering::Acquire);
        let written = self.standing.written();
        let waiting = |written: &mut u64| *written < queued;
        // A poisoned lock has lost nothing: a number is in it.
        let waited = self
            .standing
            .moved
            .wait_timeout_while(written, limit, waiting);
        drop(waited);
    }

    fn queue(&self, line: Vec<u8>) {
        if self.sender.try_send(line).is_ok() {
            self.standing.queued.fetch_add(1, Ordering::Release);
        } else {
            self.standing.untold.fetch_add(1, Ordering::Relaxed);
            self.losses.log_overflow();
        }
    }
}

impl Standing {
    fn written(&self) -> MutexGuard<'_, u64> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Entry<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Entry(self)
    }
}

/// Takes one line: the layer hands it over in one piece.
pub(super) struct Entry<'a>(&'a Lines);

impl Write for Entry<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.queue(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The thread's own.
struct Scribe<W> {
    out: W,
    form: Line,
    standing: Arc<Standing>,
    losses: Arc<Losses>,
}

impl<W: Write> Scribe<W> {
    fn run(mut self, lines: &Receiver<Vec<u8>>) {
        let mut count = 0_u64;
        for line in lines {
            self.put(&line);
            count += 1;
            // What was lost is told where nothing waits, and now and then under a load that
            // never ends; not between any two lines.
            let caught_up = self.standing.queued.load(Ordering::Acquire) <= count;
            if caught_up || count.is_multiple_of(CAPACITY as u64) {
                self.tell_losses();
            }
            *self.standing.written() = count;
            self.standing.moved.notify_all();
        }
    }

    fn put(&mut self, line: &[u8]) {
        if self.out.write_all(line).is_err() {
            self.losses.log_failed();
            self.standing.untold.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn tell_losses(&mut self) {
        let lost = self.standing.untold.swap(0, Ordering::Relaxed);
        if lost > 0 && self.out.write_all(self.form.lost(lost).as_bytes()).is_err() {
            self.standing.untold.fetch_add(lost, Ordering::Relaxed);
        }
    }
}
