//! Sending nothing, because an operator wants it so. What the ledger has is told as ever.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tracing::{info, warn};

use super::Verifier;
use super::error::NotSent;
use crate::observe::Event;

impl Verifier {
    /// From now on orders that would have to be sent are refused as UPI_UNREACHABLE, or are sent again.
    /// What is under way goes on.
    pub fn set_paused(&self, paused: bool) {
        if self.paused.swap(paused, Ordering::Relaxed) == paused {
            return;
        }
        match paused {
            true => warn!("paused: nothing is sent to UPI while upi.pause is set"),
            false => info!("upi.pause is not set any more: orders are sent again"),
        }
        self.observer.record(&Event::Paused(paused));
    }

    pub(super) fn not_paused(&self) -> Result<(), NotSent> {
        match self.paused.load(Ordering::Relaxed) {
            true => Err(NotSent::Unreachable(Arc::new(Paused))),
            false => Ok(()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("upi.pause is set: nothing is sent")]
struct Paused;
