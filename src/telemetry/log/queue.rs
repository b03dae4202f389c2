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

use super::super::losses::Losses;
use super::super::settings::LogFormat;

#[cfg(test)]
mod tests;

/// Lines that may wait: a few megabytes, and half a minute of most gateways.
pub(super) const CAPACITY: usize = 8192;

/// Between two looks at the queue. Waking a thread for each line would cost more than the lines.
const PAUSE: Duration = Duration::from_millis(2);

/// What is written at once, in bytes, and a line.
const BATCH: usize = 16 * 1024;

/// Where lines are queued. Its clones are the same one.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    sender: SyncSender<Vec<u8>>,
    counts: Arc<Counts>,
    losses: Arc<Losses>,
}

#[derive(Debug, Default)]
struct Counts {
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
        form: LogFormat,
        capacity: usize,
        losses: Arc<Losses>,
    ) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(capacity);
        let counts = Arc::<Counts>::default();
        let scribe = Scribe {
            out,
            form,
            counts: Arc::clone(&counts),
            losses: Arc::clone(&losses),
        };
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || scribe.run(&receiver))?;
        Ok(Self {
            sender,
            counts,
            losses,
        })
    }

    /// Waits until what was queued is written, at most for `limit`.
    pub(super) fn flush(&self, limit: Duration) {
        let queued = self.counts.queued.load(Ordering::Acquire);
        let written = self.counts.written();
        let waiting = |written: &mut u64| *written < queued;
        // A poisoned lock has lost nothing: a number is in it.
        let waited = self
            .counts
            .moved
            .wait_timeout_while(written, limit, waiting);
        drop(waited);
    }

    fn queue(&self, line: Vec<u8>) {
        if self.sender.try_send(line).is_ok() {
            self.counts.queued.fetch_add(1, Ordering::Release);
        } else {
            self.counts.untold.fetch_add(1, Ordering::Relaxed);
            self.losses.log_overflow();
        }
    }
}

impl Counts {
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

/// What waits behind the first line, and how many lines that is.
fn gather(first: Vec<u8>, lines: &Receiver<Vec<u8>>) -> (Vec<u8>, u64) {
    let (mut batch, mut number) = (first, 1);
    while batch.len() < BATCH {
        let Ok(line) = lines.try_recv() else { break };
        batch.extend(line);
        number += 1;
    }
    (batch, number)
}

struct Scribe<W> {
    out: W,
    form: LogFormat,
    counts: Arc<Counts>,
    losses: Arc<Losses>,
}

impl<W: Write> Scribe<W> {
    fn run(mut self, lines: &Receiver<Vec<u8>>) {
        let mut count = 0_u64;
        for first in lines {
            let (batch, number) = gather(first, lines);
            self.put(&batch, number);
            let before = count;
            count += number;
            // What was lost is told where nothing waits, and now and then under a load that
            // never ends; not between any two lines.
            let caught_up = self.counts.queued.load(Ordering::Acquire) <= count;
            let often = before / CAPACITY as u64 != count / CAPACITY as u64;
            if caught_up || often {
                self.tell_losses();
            }
            *self.counts.written() = count;
            self.counts.moved.notify_all();
            // Lines that come meanwhile wake nobody.
            thread::sleep(PAUSE);
        }
    }

    fn put(&mut self, batch: &[u8], lines: u64) {
        if self.out.write_all(batch).is_err() {
            self.losses.log_failed(lines);
            self.counts.untold.fetch_add(lines, Ordering::Relaxed);
        }
    }

    fn tell_losses(&mut self) {
        let lost = self.counts.untold.swap(0, Ordering::Relaxed);
        if lost > 0 && self.out.write_all(self.form.lost(lost).as_bytes()).is_err() {
            self.counts.untold.fetch_add(lost, Ordering::Relaxed);
        }
    }
}
