//! Whether UPI takes connections, while calls are refused since it did not.

use std::time::Duration;

use tokio::time::sleep;
use tracing::{debug, info, warn};

use super::Verifier;
use super::breaker::Pass;
use super::error::NotSent;
use super::port::Gateway;
use crate::observe::{Circuit, Event};

/// How long the first pause is before a look at UPI; each next one is twice as long, up to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(10);

impl Verifier {
    /// Looks at UPI now and then while the circuit is open, and sends nothing. Never ends; whoever
    /// drops it stops it, and the circuit, once open, stays so.
    pub async fn watch_upi(&self) {
        let mut circuit = self.breaker.circuit();
        loop {
            let stands = *circuit.borrow_and_update();
            self.observer.record(&Event::Circuit(stands));
            tell(stands);
            if stands == Circuit::Open {
                self.look_until_seen().await;
            } else if circuit.changed().await.is_err() {
                return;
            }
        }
    }

    async fn look_until_seen(&self) {
        let mut pause = FIRST_PAUSE;
        loop {
            sleep(pause).await;
            match self.gateway.get().look().await {
                Ok(()) => return self.breaker.seen(),
                Err(cause) => debug!(%cause, "UPI still takes no connection"),
            }
            pause = LAST_PAUSE.min(pause * 2);
        }
    }

    /// Leave to send this way, while UPI seems to be there.
    pub(super) fn pass(&self, gateway: &dyn Gateway) -> Result<Pass, NotSent> {
        let pass = self.breaker.admit(gateway.connections());
        pass.ok_or_else(|| {
            self.observer.record(&Event::CircuitRefused);
            NotSent::Unreachable(std::sync::Arc::new(CircuitOpen))
        })
    }
}

fn tell(stands: Circuit) {
    match stands {
        Circuit::Closed => debug!("calls go to UPI"),
        Circuit::HalfOpen => info!("UPI takes connections again: the next call decides"),
        Circuit::Open => warn!(
            "UPI took no connection several times in a row: calls are refused at once until it does \
             (upi.breaker_failures)"
        ),
    }
}

#[derive(Debug, thiserror::Error)]
#[error(
    "the circuit is open: UPI took no connection when it was last tried, and was not tried now"
)]
struct CircuitOpen;
