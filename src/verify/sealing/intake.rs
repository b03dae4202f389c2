//! Who may be taken in.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::future::BoxFuture;
use tokio::sync::OwnedSemaphorePermit;

use super::Sealing;

/// The leave to take one request in, which it has while there is something of it. A request that waits
/// for its leave holds no more than the window of its connection (RFC 9113, section 5.2), and the queue
/// behind it is at the peers.
pub struct Intake {
    sealing: Arc<Sealing>,
    leave: Option<OwnedSemaphorePermit>,
    coming: Option<BoxFuture<'static, Option<OwnedSemaphorePermit>>>,
}

impl Intake {
    /// Of a request of which nothing has been taken in.
    #[must_use]
    pub const fn new(sealing: Arc<Sealing>) -> Self {
        Self {
            sealing,
            leave: None,
            coming: None,
        }
    }

    /// Resolves when it has its leave, and then until it pauses: in the order in which they ask, and
    /// when no more than a few wait to be sealed.
    pub fn poll_leave(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.leave.is_none() && self.coming.is_none() {
            self.leave = self.sealing.leave_now();
        }
        if self.leave.is_none() {
            let sealing = &self.sealing;
            let ask = || Box::pin(Arc::clone(sealing).leave()) as BoxFuture<'static, _>;
            let coming = self.coming.get_or_insert_with(ask);
            self.leave = ready!(coming.as_mut().poll(context));
            self.coming = None;
        }
        Poll::Ready(())
    }

    /// Nothing more of it is there for now: others have their turn.
    pub fn pause(&mut self) {
        self.leave = None;
    }
}

impl Sealing {
    /// `None` where others wait. They have what is given back, so nobody comes before them.
    fn leave_now(&self) -> Option<OwnedSemaphorePermit> {
        let leave = Arc::clone(&self.intakes).try_acquire_owned();
        leave.ok().filter(|_| self.is_calm())
    }

    async fn leave(self: Arc<Self>) -> Option<OwnedSemaphorePermit> {
        let _waits = self.waits(&self.outside);
        // It is never closed.
        let leave = Arc::clone(&self.intakes).acquire_owned().await;
        self.calmed().await;
        leave.ok()
    }

    async fn calmed(&self) {
        loop {
            let mut calm = pin!(self.calm.notified());
            calm.as_mut().enable();
            // Looked at only now: the end of the crowd between the two is not missed.
            if self.is_calm() {
                return;
            }
            calm.await;
        }
    }
}
