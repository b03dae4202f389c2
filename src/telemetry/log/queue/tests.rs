//! Readers that stall, and what is told of it.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::super::losses::Losses;
use super::{Lines, LogFormat};

/// More than any machine takes.
const LONG: Duration = Duration::from_secs(60);

/// Standard error with a reader that lets one line pass for each token; without tokens for
/// ever, all.
struct Reader {
    tokens: Receiver<()>,
    begun: Sender<()>,
    read: Arc<Mutex<Vec<u8>>>,
}

impl Write for Reader {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = self.begun.send(());
        let _ = self.tokens.recv();
        self.read.lock().unwrap().extend(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Stalled {
    lines: Lines,
    losses: Arc<Losses>,
    tokens: Sender<()>,
    read: Arc<Mutex<Vec<u8>>>,
}

/// Two lines may wait, and the thread is stuck with the line `first`.
fn stalled(form: LogFormat) -> Stalled {
    let (tokens, taken) = channel();
    let (begun, stuck) = channel();
    let (read, losses) = (Arc::default(), Arc::new(Losses::default()));
    let reader = Reader {
        tokens: taken,
        begun,
        read: Arc::clone(&read),
    };
    let lines = Lines::start(reader, form, 2, Arc::clone(&losses)).unwrap();
    lines.queue(b"first\n".to_vec());
    stuck.recv_timeout(LONG).unwrap();
    Stalled {
        lines,
        losses,
        tokens,
        read,
    }
}

fn lost(losses: &Losses, sought: &str) -> u64 {
    let all = losses.all();
    let found = all
        .iter()
        .find(|(signal, cause, _)| (*signal, *cause) == ("logs", sought));
    found.unwrap().2
}

#[test]
fn a_reader_that_stalls_costs_lines_which_are_counted_and_told_when_it_goes_on() {
    let it = stalled(LogFormat::Text);
    for _ in 0..10 {
        it.lines.queue(b"next\n".to_vec());
    }
    assert_eq!(lost(&it.losses, "queue_full"), 8);
    drop(it.tokens);
    it.lines.flush(LONG);
    let read = String::from_utf8(it.read.lock().unwrap().clone()).unwrap();
    let (lines, notice) = read.split_once("next\nnext\n").unwrap();
    assert_eq!(lines, "first\n");
    assert!(
        notice.contains(" WARN lines of the log were lost"),
        "{notice}"
    );
    assert!(notice.ends_with(" lines=8\n"), "{notice}");
}

#[test]
fn the_notice_in_json_is_an_object() {
    let it = stalled(LogFormat::Json);
    for _ in 0..3 {
        it.lines.queue(Vec::new());
    }
    drop(it.tokens);
    it.lines.flush(LONG);
    let read = String::from_utf8(it.read.lock().unwrap().clone()).unwrap();
    let notice: serde_json::Value = serde_json::from_str(read.lines().last().unwrap()).unwrap();
    assert_eq!(notice["level"], "WARN");
    assert_eq!(notice["lines"], 1);
}

#[test]
fn a_flush_does_not_wait_for_a_stalled_reader_for_ever() {
    let it = stalled(LogFormat::Text);
    it.lines.flush(Duration::from_millis(1));
    assert!(it.read.lock().unwrap().is_empty());
    it.tokens.send(()).unwrap();
    it.lines.flush(LONG);
    assert_eq!(*it.read.lock().unwrap(), b"first\n");
}

/// A reader that is gone.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_that_nobody_can_read_are_counted() {
    let losses = Arc::new(Losses::default());
    let lines = Lines::start(Gone, LogFormat::Text, 8, Arc::clone(&losses)).unwrap();
    lines.queue(b"one\n".to_vec());
    lines.queue(b"two\n".to_vec());
    lines.flush(LONG);
    assert_eq!(lost(&losses, "write_failed"), 2);
}
