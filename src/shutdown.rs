//! The wish that the process ends, as a service supervisor or a terminal expresses it.

use std::future::pending;
use std::process;

use tokio::signal::unix::{Signal, SignalKind, signal as listen};
use tracing::{error, info, warn};

use crate::telemetry::flush_log;

/// A signal that asks for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// SIGTERM, of supervisors.
    Terminate,
    /// SIGINT, of terminals: Ctrl-C.
    Interrupt,
}

impl Wish {
    /// The signal's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
        }
    }

    /// 128 and the signal's number, as shells tell of a process that a signal has ended.
    #[must_use]
    pub const fn exit_code(self) -> i32 {
        match self {
            Self::Terminate => 128 + 15,
            Self::Interrupt => 128 + 2,
        }
    }
}

/// Resolves at the first SIGTERM or SIGINT. Called within a runtime.
///
/// From the call on, not only from the first poll, neither signal ends the process by
/// itself: whoever reads that a port is open may send one at once.
pub fn signal() -> impl Future<Output = ()> + Send {
    let mut wishes = Wishes::listen();
    async move { wishes.first().await }
}

/// Resolves at the first SIGTERM or SIGINT, and says nothing of it in the log: for commands, which
/// tell it themselves. Called within a runtime.
pub fn wish() -> impl Future<Output = Wish> + Send {
    let mut wishes = Wishes::listen();
    async move { wishes.next().await }
}

/// As [`signal`], and the next signal ends the process at once, after `last_words`: whoever
/// asks twice does not want to wait for what the first one began.
pub fn signal_or_end(
    last_words: impl FnOnce(Wish) + Send + 'static,
) -> impl Future<Output = ()> + Send {
    let mut wishes = Wishes::listen();
    async move {
        wishes.first().await;
        tokio::spawn(async move {
            let again = wishes.next().await;
            last_words(again);
            flush_log();
            process::exit(again.exit_code());
        });
    }
}

/// Signals that would end the process without a drain, unless somebody listens for them.
fn ignored() -> [(&'static str, SignalKind); 3] {
    [
        ("SIGUSR1", SignalKind::user_defined1()),
        ("SIGUSR2", SignalKind::user_defined2()),
        ("SIGALRM", SignalKind::alarm()),
    ]
}

/// From now on these signals end nothing; each is logged. Called within a runtime.
pub fn ignore_others() {
    for (signal, kind) in ignored() {
        let mut listened = listened(kind);
        tokio::spawn(async move {
            loop {
                received(listened.as_mut()).await;
                warn!(signal, "a signal without a meaning here is ignored");
            }
        });
    }
}

/// Calls `answer` at each SIGHUP: supervisors send it for a new configuration, and terminals when they
/// close. Called within a runtime.
pub fn on_hangup<F: Future<Output = ()> + Send>(answer: impl Fn() -> F + Send + 'static) {
    let mut listened = listened(SignalKind::hangup());
    tokio::spawn(async move {
        loop {
            received(listened.as_mut()).await;
            answer().await;
        }
    });
}

/// Both signals, for as long as it lives.
struct Wishes {
    terminate: Option<Signal>,
    interrupt: Option<Signal>,
}

impl Wishes {
    fn listen() -> Self {
        Self {
            terminate: listened(SignalKind::terminate()),
            interrupt: listened(SignalKind::interrupt()),
        }
    }

    async fn first(&mut self) {
        let signal = self.next().await.name();
        info!(signal, "shutting down");
    }

    async fn next(&mut self) -> Wish {
        tokio::select! {
            () = received(self.terminate.as_mut()) => Wish::Terminate,
            () = received(self.interrupt.as_mut()) => Wish::Interrupt,
        }
    }
}

fn listened(kind: SignalKind) -> Option<Signal> {
    listen(kind)
        .inspect_err(|cause| error!(%cause, "a signal cannot be listened for"))
        .ok()
}

async fn received(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => pending().await,
    }
}
