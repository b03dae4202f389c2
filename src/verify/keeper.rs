//! Keeps the ledger in order beside the calls, and knows whether orders can be claimed.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use tracing::{error, info, warn};

use super::Verifier;
use super::port::{Count, LedgerError};
use super::standing::too_slow;
use crate::domain::{Budget, CallerName, Span};
use crate::observe::{BudgetLeft, Event};

/// How often the ledger is tried, while it can be written and while it cannot.
const BEAT: Duration = Duration::from_secs(5);
const DOUBTFUL_BEAT: Duration = Duration::from_secs(1);

impl Verifier {
    /// Tries the ledger now and then, at once when a call met an error of it, and settles what
    /// other processes left behind. Never ends; whoever drops it stops it.
    pub async fn keep_ledger(&self) {
        loop {
            let up = self.beat().await;
            if up {
                self.sweep().await;
                self.tell_budgets().await;
            }
            let begun = Instant::now();
            let pause = if up { BEAT } else { DOUBTFUL_BEAT };
            tokio::select! {
                biased;
                () = sleep(pause) => {}
                // No faster than it is tried while it is down.
                () = self.doubt.notified() => sleep(DOUBTFUL_BEAT.saturating_sub(begun.elapsed())).await,
            }
        }
    }

    /// From now on it is told what these callers have left.
    pub fn watch_budgets(&self, budgets: Vec<(CallerName, Budget)>) {
        self.budgets.turn(budgets.into());
        self.doubt.notify_one();
    }

    /// What callers have left. A ledger that cannot be read is told elsewhere.
    async fn tell_budgets(&self) {
        let budgets = self.budgets.get();
        let counts = match budgets.is_empty() {
            true => Vec::new(),
            false => match timeout(self.limits.ledger, self.ledger.counts()).await {
                Ok(Ok(counts)) => counts,
                _ => return,
            },
        };
        self.observer
            .record(&Event::Budgets(&left(&budgets, &counts)));
    }

    /// A call met an error of the ledger, which is looked into.
    pub(super) fn doubt_ledger(&self) {
        self.doubt.notify_one();
    }

    async fn beat(&self) -> bool {
        let beaten = timeout(self.limits.ledger, self.ledger.beat()).await;
        let beaten = beaten.unwrap_or_else(|_| Err(too_slow()));
        let up = beaten.is_ok();
        let changed = self.ledger_up.send_if_modified(|was| {
            let changed = *was != up;
            *was = up;
            changed
        });
        if changed {
            tell(&beaten);
        }
        self.observer.record(&Event::LedgerUp(up));
        up
    }

    async fn sweep(&self) {
        let swept = timeout(self.limits.ledger, self.ledger.sweep());
        match swept.await.unwrap_or_else(|_| Err(too_slow())) {
            Ok(0) => {}
            Ok(orders) => {
                warn!(
                    orders,
                    "orders were left in flight by a gateway that is gone; their outcome is unknown"
                );
                self.observer.record(&Event::Swept(orders));
            }
            Err(error) => warn!(%error, "orders that were left behind could not be looked for"),
        }
    }
}

fn left(budgets: &[(CallerName, Budget)], counts: &[Count]) -> Vec<BudgetLeft> {
    let of = |(caller, budget): &(CallerName, Budget), span: Span| {
        let bound = budget.of(span)?;
        let none = Count {
            caller: caller.clone(),
            span,
            used: 0,
            extra: 0,
        };
        let count = counts
            .iter()
            .find(|count| count.caller == *caller && count.span == span);
        let count = count.unwrap_or(&none);
        Some(BudgetLeft {
            caller: caller.clone(),
            span,
            limit: count.limit(bound),
            left: count.left(bound),
        })
    };
    let spans = |one| Span::ALL.map(|span| of(one, span));
    budgets.iter().flat_map(spans).flatten().collect()
}

fn tell(beaten: &Result<(), LedgerError>) {
    match beaten {
        Ok(()) => info!("the ledger can be written"),
        Err(error) => {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            error!(%error, cause, "the ledger cannot be written: no order is sent until it can");
        }
    }
}
