//! When a token that failed is tried again.

use std::time::{Duration, Instant};

use tracing::{error, info};

use super::TokenError;

/// The first pause after a failure; each next one is twice as long, up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(10);

/// Whether the token may be tried now.
#[derive(Default)]
pub struct Gate(Option<Down>);

struct Down {
    error: TokenError,
    retry_at: Instant,
    pause: Duration,
}

impl Gate {
    /// Admits one attempt at a time after a failure; meanwhile all get that failure.
    pub fn admit(&mut self, now: Instant) -> Result<(), TokenError> {
        let Some(down) = &mut self.0 else {
            return Ok(());
        };
        if now < down.retry_at {
            return Err(down.error.clone());
        }
        down.retry_at = now + down.pause;
        Ok(())
    }

    /// When the next attempt is due; `None` while all is well.
    pub fn retry_at(&self) -> Option<Instant> {
        self.0.as_ref().map(|down| down.retry_at)
    }

    /// The next attempt is admitted.
    pub fn reset(&mut self) {
        if let Some(down) = &mut self.0 {
            down.retry_at = Instant::now();
            down.pause = FIRST_PAUSE;
        }
    }

    /// It works.
    pub fn opened(&mut self) {
        if self.0.take().is_some() {
            info!("the token signs again");
        }
    }

    /// It does not.
    pub fn failed(&mut self, error: &TokenError, now: Instant) {
        let pause = match &self.0 {
            Some(down) => LAST_PAUSE.min(down.pause * 2),
            None => FIRST_PAUSE,
        };
        let known = self.0.as_ref().is_some_and(|down| down.error == *error);
        if !known {
            error!(%error, "the token does not sign");
        }
        self.0 = Some(Down {
            error: error.clone(),
            retry_at: now + pause,
            pause,
        });
    }
}
