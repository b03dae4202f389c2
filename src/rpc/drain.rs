//! The order of events at the end: what a drain waits for, and how it says so.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout_at};

use crate::verify::Verifier;

/// How long connections have to close themselves when no call is left.
pub(super) const LAST_WORDS: Duration = Duration::from_millis(300);

/// Between two lines of a drain: often enough to see that it goes on.
const PERIOD: Duration = Duration::from_secs(5);

/// How long abandoned orders have to be settled and their callers answered. Together with
/// [`LAST_WORDS`] it stays below the second that a drain may overrun.
const SETTLEMENT: Duration = Duration::from_millis(500);

const _: () = assert!(LAST_WORDS.as_millis() + SETTLEMENT.as_millis() < 1000);

/// Calls whose handling has not ended.
#[derive(Debug, Clone, Default)]
pub(super) struct Calls(Arc<watch::Sender<usize>>);

impl Calls {
    pub(super) fn enter(&self) -> InProgress {
        self.0.send_modify(|count| *count += 1);
        InProgress(self.clone())
    }

    pub(super) fn count(&self) -> usize {
        *self.0.borrow()
    }

    pub(super) async fn none(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

#[derive(Debug)]
pub(super) struct InProgress(Calls);

impl Drop for InProgress {
    fn drop(&mut self) {
        let calls = &self.0.0;
        calls.send_modify(|count| *count = count.saturating_sub(1));
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    refuse_at: Instant,
    pub(super) abandon_at: Instant,
}

impl Schedule {
    /// A drain that begins now. The delay is part of the timeout.
    pub(super) fn from_now(delay: Duration, timeout: Duration) -> Self {
        let now = Instant::now();
        Self {
            refuse_at: now + delay.min(timeout),
            abandon_at: now + timeout,
        }
    }

    /// How long it is until new orders are refused, and until what is left is abandoned.
    pub(super) fn left(self) -> (Duration, Duration) {
        let now = Instant::now();
        let until = |then: Instant| then.saturating_duration_since(now);
        (until(self.refuse_at), until(self.abandon_at))
    }

    pub(super) async fn delay(self) {
        sleep_until(self.refuse_at).await;
    }
}

/// Who can be asked what is under way. Clones tell the same.
#[derive(Clone)]
pub struct UnderWay {
    pub(super) calls: Calls,
    pub(super) verifier: Arc<Verifier>,
}

impl UnderWay {
    pub(super) const fn new(calls: Calls, verifier: Arc<Verifier>) -> Self {
        Self { calls, verifier }
    }

    /// What is under way now.
    #[must_use]
    pub fn now(&self) -> Load {
        Load {
            calls: self.calls.count(),
            orders: self.verifier.in_flight(),
        }
    }
}

/// How much is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Calls whose handling has not ended, of either method.
    pub calls: usize,
    /// Orders that may be on their way to UPI. They go on when their callers leave.
    pub orders: usize,
}

impl Load {
    /// Whether there is none.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.calls == 0 && self.orders == 0
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |number| if number == 1 { "" } else { "s" };
        let (calls, orders) = (self.calls, self.orders);
        let (of_calls, of_orders) = (plural(calls), plural(orders));
        write!(f, "{calls} call{of_calls} and {orders} order{of_orders}")
    }
}

/// Says at the beginning of a drain, and from time to time, what it waits for. Never ends
/// by itself.
pub(super) async fn narrate(under_way: &UnderWay, schedule: Schedule) -> Infallible {
    let beginning = "draining: health says NOT_SERVING, ";
    say(under_way.now(), schedule, beginning);
    let mut ticks = interval_at(Instant::now() + PERIOD, PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        say(under_way.now(), schedule, "draining: ");
    }
}

fn say(load: Load, schedule: Schedule, beginning: &str) {
    let Load { calls, orders } = load;
    let (until_refusal, until_end) = schedule.left();
    let taken = Taken(until_refusal);
    let at_most = seconds(until_end);
    if load.is_none() {
        tracing::info!(calls, orders, "{beginning}{taken}; nothing is under way");
    } else {
        tracing::info!(
            calls,
            orders,
            "{beginning}{taken}; waiting for {load}, at most {at_most} s"
        );
    }
}

/// Whether new calls are taken, and for how long.
struct Taken(Duration);

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match seconds(self.0) {
            0 => f.write_str("new calls are refused"),
            left => write!(f, "new calls are taken for {left} s (server.drain_delay)"),
        }
    }
}

/// Whole seconds, rounded up: what is promised is not shorter.
const fn seconds(time: Duration) -> u64 {
    time.as_secs() + (time.subsec_nanos() > 0) as u64
}

/// Waits for orders and calls; at the end of the time they are abandoned: callers are
/// told the truth, which a cut connection would not tell.
pub(super) async fn finish(under_way: &UnderWay, schedule: Schedule) {
    let UnderWay { calls, verifier } = under_way;
    let finished = async {
        verifier.idle().await;
        calls.none().await;
    };
    if timeout_at(schedule.abandon_at, finished).await.is_ok() {
        return;
    }
    let left = under_way.now();
    tracing::warn!(
        calls = left.calls,
        orders = left.orders,
        "the drain's time is over: {left} are given up, and an order that was sent ends as \
         OUTCOME_UNKNOWN"
    );
    let abandoned = async {
        verifier.abandon().await;
        calls.none().await;
    };
    if timeout_at(schedule.abandon_at + SETTLEMENT, abandoned)
        .await
        .is_err()
    {
        tracing::error!("calls are still in progress: their connections are cut");
    }
}

#[cfg(test)]
mod tests;
