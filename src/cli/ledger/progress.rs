//! How far long work is, on a terminal, and its end by a signal.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::AbortHandle;

use crate::shutdown::{self, Wish};

/// Shown on standard error, when that is a terminal. SIGINT and SIGTERM end the process, with 128
/// and the signal's number.
pub(super) struct Progress {
    bar: ProgressBar,
    listening: AbortHandle,
}

/// What stays to be done when a signal ends the work.
#[derive(Default)]
pub(super) struct LastWords {
    /// For people.
    pub(super) text: &'static str,
    /// A file that is not whole.
    pub(super) unfinished: Option<PathBuf>,
}

impl Progress {
    /// Of `all` things, or of nobody knows how many.
    pub(super) fn start(what: &'static str, all: Option<u64>, last: LastWords) -> Self {
        let bar = bar(what, all);
        // Listens from here on: a signal may come as soon as a line is written.
        let wish = shutdown::wish();
        let listening = tokio::spawn(end_at_signal(wish, bar.clone(), last)).abort_handle();
        Self { bar, listening }
    }

    /// So many more are done.
    pub(super) fn advance(&self, more: usize) {
        self.bar.inc(more as u64);
    }

    /// Where the bar stands is told from elsewhere.
    pub(super) fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.listening.abort();
        self.bar.finish_and_clear();
    }
}

fn bar(what: &'static str, all: Option<u64>) -> ProgressBar {
    // Lines that go to the same terminal would be torn by it.
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, style) = match all {
        Some(all) => (
            ProgressBar::new(all),
            "{spinner} {msg} {human_pos} of {human_len} {elapsed}",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{spinner} {msg} {human_pos} {elapsed}",
        ),
    };
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar.with_message(what)
}

async fn end_at_signal(wish: impl Future<Output = Wish>, bar: ProgressBar, last: LastWords) {
    let wish = wish.await;
    bar.finish_and_clear();
    if let Some(path) = last.unfinished {
        // It may not be there yet.
        let _ = std::fs::remove_file(path);
    }
    // When standard error is gone there is nobody to tell.
    let _ = writeln!(io::stderr(), "idphoto: {}: {}", wish.name(), last.text);
    std::process::exit(wish.exit_code());
}
