//! The wish that the process ends, as a service supervisor or a terminal expresses it.

use std::future::pending;

use tokio::signal::unix::{SignalKind, signal as listen};
use tracing::{error, info};

/// Resolves at the first SIGTERM or SIGINT.
///
/// From its first poll on, neither signal ends the process by itself.
pub async fn signal() {
    let name = tokio::select! {
        () = received(SignalKind::terminate()) => "SIGTERM",
        () = received(SignalKind::interrupt()) => "SIGINT",
    };
    info!(signal = name, "shutting down");
}

async fn received(kind: SignalKind) {
    match listen(kind) {
        Ok(mut signals) => {
            signals.recv().await;
        }
        Err(cause) => {
            error!(%cause, "a signal cannot be listened for");
            pending().await
        }
    }
}
