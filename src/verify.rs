//! The use case: claim the order, call UPI, settle the order.
//!
//! A call that has started runs in a task of its own, so neither the caller's deadline
//! nor its disconnection can drop a request that is on its way, or lose its answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::domain::{Answer, OrderId, Verification};

pub mod error;
pub mod port;

use error::VerifyError;
use port::{Cause, Gateway, Ledger, Record};

/// Limits of the use case.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Orders in flight at most.
    pub max_in_flight: usize,
    /// Nothing is sent for a caller with less time left.
    pub least_time: Duration,
}
/// An answer, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// UPI's answer.
    pub answer: Answer,
    /// Taken from the ledger; nothing was sent for this call.
    pub replayed: bool,
}
/// How UPI was last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upstream {
    /// Not called yet.
    Unknown,
    /// It answered.
    Up,
    /// The last call got no valid answer.
    Down,
}
/// Why an order cannot be shown.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FindError {
    /// Never seen.
    #[error("no such order")]
    NotFound,
    /// The engine failed.
    #[error("the ledger is unavailable")]
    LedgerUnavailable(#[source] Cause),
}
/// The use case.
pub struct Verifier(());
impl Verifier {
    /// Puts the ports together.
    #[must_use]
    pub fn new(gateway: Arc<dyn Gateway>, ledger: Arc<dyn Ledger>, limits: Limits) -> Arc<Self> {
        todo!()
    }
    /// Verifies, joins or replays. `deadline` is when this must return; `None` waits for the answer.
    pub async fn verify(
        self: &Arc<Self>,
        request: Verification,
        deadline: Option<Instant>,
    ) -> Result<Verified, VerifyError> {
        todo!()
    }
    /// The recorded state of an order.
    pub async fn find(&self, id: &OrderId) -> Result<Record, FindError> {
        todo!()
    }
    /// From now on new orders are refused as draining; those in flight go on.
    pub fn drain(&self) {
        todo!()
    }
    /// Resolves when no order is in flight.
    pub async fn idle(&self) {
        todo!()
    }
    /// The hard end: settles what is in flight as unknown (or not sent) and answers its callers.
    pub async fn abandon(&self) {
        todo!()
    }
    /// How UPI was last seen.
    #[must_use]
    pub fn upstream(&self) -> watch::Receiver<Upstream> {
        todo!()
    }
}
