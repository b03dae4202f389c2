//! When a connection is read again.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout_at};

use super::Sealing;

/// A call that will be refused waits no longer for that. Reading less often costs less for each.
const LONGEST: Duration = Duration::from_millis(40);

/// The time after all that was there was read. It ends soon where nothing waits to be taken in: there
/// is work enough without what comes next, and one look at many calls costs little more than at one.
/// Connections that bring no verifications have none: questions and health are not late for those.
pub struct Lull {
    sealing: Arc<Sealing>,
    verifies: Arc<AtomicBool>,
    end: Option<Instant>,
    coming: Option<BoxFuture<'static, ()>>,
}

impl Lull {
    /// Of a connection that was not read yet, and that brings verifications when `verifies` says so.
    #[must_use]
    pub const fn new(sealing: Arc<Sealing>, verifies: Arc<AtomicBool>) -> Self {
        Self {
            sealing,
            verifies,
            end: None,
            coming: None,
        }
    }

    /// All that was there has been read.
    pub fn begin(&mut self) {
        let verifies = self.verifies.load(Ordering::Relaxed);
        self.end = verifies.then(|| Instant::now() + LONGEST);
        self.coming = None;
    }

    /// Resolves when there is none, or not any more.
    pub fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(end) = self.end else {
            return Poll::Ready(());
        };
        if self.coming.is_some() || !self.sealing.is_hungry() {
            let sealing = &self.sealing;
            let wait = || Box::pin(Arc::clone(sealing).hunger(end)) as BoxFuture<'static, ()>;
            let coming = self.coming.get_or_insert_with(wait);
            ready!(coming.as_mut().poll(context));
        }
        self.coming = None;
        self.end = None;
        Poll::Ready(())
    }
}

impl Sealing {
    /// All who wait for that read on then, however much the first of them brings.
    async fn hunger(self: Arc<Self>, end: Instant) {
        let mut hungry = pin!(self.hungry.notified());
        hungry.as_mut().enable();
        // Looked at only now: the end of the crowd between the two is not missed.
        if !self.is_hungry() {
            // What comes too late is not waited for.
            let _ = timeout_at(end, hungry).await;
        }
    }
}
