//! What is done for the ledger and for the way to UPI beside the calls, and for the files of the configuration, for as long as the gateway runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{interval, sleep};
use tracing::{info, warn};

use super::reload::Reloader;
use crate::bearer::Checker;
use crate::ledger::Keep;
use crate::ledger::archive::Archive;
use crate::verify::Verifier;

/// How often what is too old is looked for.
const PURGE_EVERY: Duration = Duration::from_secs(15 * 60);

/// So many orders at once, and the pause after them: calls come first.
const PURGED_AT_ONCE: u32 = 200;
const PURGE_PAUSE: Duration = Duration::from_millis(500);

/// Ends its tasks when it is dropped.
pub(super) struct Keeper {
    tasks: JoinSet<()>,
}

impl Keeper {
    /// Begins to watch UPI, to try the ledger, to sweep it, and to purge it where `keep` says so.
    pub(super) fn start(
        verifier: &Arc<Verifier>,
        archive: Option<Arc<dyn Archive>>,
        keep: Keep,
    ) -> Self {
        let mut tasks = JoinSet::new();
        let (upi, verifier) = (Arc::clone(verifier), Arc::clone(verifier));
        tasks.spawn(async move { upi.watch_upi().await });
        tasks.spawn(async move { verifier.keep_ledger().await });
        if let (Some(archive), Keep::For(keep)) = (archive, keep) {
            tasks.spawn(purge(archive, keep));
        }
        Self { tasks }
    }

    /// Begins to read the keys of tokens again and again.
    pub(super) fn renew(&mut self, tokens: &Arc<Checker>) {
        let tokens = Arc::clone(tokens);
        self.tasks.spawn(async move { tokens.keep().await });
    }

    /// Begins to watch the files of the configuration.
    pub(super) fn watch(&mut self, reloader: &Arc<Reloader>, every: Duration) {
        self.tasks.spawn(Arc::clone(reloader).watch(every));
    }
}

async fn purge(archive: Arc<dyn Archive>, keep: Duration) {
    let mut times = interval(PURGE_EVERY);
    loop {
        times.tick().await;
        let mut orders: u64 = 0;
        loop {
            match archive.purge(keep, PURGED_AT_ONCE).await {
                Ok(0) => break,
                Ok(purged) => orders += u64::from(purged),
                Err(error) => {
                    warn!(%error, "what is older than ledger.keep could not be removed");
                    break;
                }
            }
            sleep(PURGE_PAUSE).await;
        }
        if orders > 0 {
            info!(
                orders,
                "texts and journal older than ledger.keep were removed"
            );
        }
    }
}
