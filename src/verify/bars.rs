//! Callers for whom nothing may be sent, for as long as a caller may be in a hurry: whoever asks again
//! and again costs no seal and no claim.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::error::NotSent;
use crate::domain::CallerName;

/// What an operator or an order that was not sent has changed since counts so much later.
const HELD: Duration = Duration::from_millis(250);

/// What callers were told in the last moment. There are no more of them than callers have names.
#[derive(Default)]
pub(super) struct Bars(Mutex<HashMap<CallerName, (Instant, NotSent)>>);

impl Bars {
    /// Takes note of what the ledger said.
    pub(super) fn note(&self, caller: &CallerName, error: &NotSent) {
        let told = (Instant::now(), error.clone());
        self.lock().insert(caller.clone(), told);
    }

    /// What it would say again.
    pub(super) fn check(&self, caller: Option<&CallerName>) -> Result<(), NotSent> {
        let Some(caller) = caller else { return Ok(()) };
        let mut bars = self.lock();
        match bars.get(caller) {
            Some((since, error)) if since.elapsed() < HELD => Err(error.clone()),
            Some(_) => {
                bars.remove(caller);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CallerName, (Instant, NotSent)>> {
        // Every critical section leaves the map whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
