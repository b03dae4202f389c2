//! The wish that the process ends, as a service supervisor or a terminal expresses it.

use std::future::pending;

use tokio::signal::unix::{Signal, SignalKind, signal as listen};
use tracing::{error, info};

/// Resolves at the first SIGTERM or SIGINT. Called within a runtime.
///
/// From the call on, not only from the first poll, neither signal ends the process by
/// itself: whoever reads that a port is open may send one at once.
pub fn signal() -> impl Future<Output = ()> + Send {
    let terminate = listened(SignalKind::terminate());
    let interrupt = listened(SignalKind::interrupt());
    async {
        let name = tokio::select! {
            () = received(terminate) => "SIGTERM",
            () = received(interrupt) => "SIGINT",
        };
        info!(signal = name, "shutting down");
    }
}

fn listened(kind: SignalKind) -> Option<Signal> {
    listen(kind)
        .inspect_err(|cause| error!(%cause, "a signal cannot be listened for"))
        .ok()
}

async fn received(signal: Option<Signal>) {
    match signal {
        Some(mut signal) => {
            signal.recv().await;
        }
        None => pending().await,
    }
}
