//! How often orders leave for UPI, and whose turn it is.
//!
//! Each caller has a share of the rate by its priority, which nobody else can use up. What it leaves of
//! it goes to whoever asks first. Nobody waits: an order for which there is nothing left is refused,
//! and told when its caller's share has room again.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::CallerName;

/// So much of the rate may leave at once after a rest, in seconds; one order at least.
const DEPTH: f64 = 0.1;
/// What sums of fractions may miss.
const NEARLY_ONE: f64 = 1.0 - 1e-6;
/// For who has no share, and has to wait for what others leave.
const NO_SHARE_DELAY: Duration = Duration::from_secs(1);

/// Orders a second towards UPI; the default has no bound.
#[derive(Debug, Default)]
pub struct SharedRate(Option<Mutex<Shares>>);

#[derive(Debug)]
struct Shares {
    own: HashMap<CallerName, Bucket>,
    /// What callers leave of their shares; everything where there are no callers.
    spare: Bucket,
    filled_at: Instant,
}

#[derive(Debug)]
struct Bucket {
    per_second: f64,
    depth: f64,
    level: f64,
}

impl SharedRate {
    /// So many a second, shared between these callers by their priorities.
    #[must_use]
    pub fn new(per_second: NonZeroU32, priorities: &[(CallerName, NonZeroU32)]) -> Self {
        let total = f64::from(per_second.get());
        let weight = |priority: &NonZeroU32| f64::from(priority.get());
        let all: f64 = priorities.iter().map(|(_, it)| weight(it)).sum();
        let own = priorities
            .iter()
            .map(|(name, it)| (name.clone(), Bucket::new(total * weight(it) / all)));
        let spare = Bucket {
            per_second: if priorities.is_empty() { total } else { 0.0 },
            ..Bucket::new(total)
        };
        Self(Some(Mutex::new(Shares {
            own: own.collect(),
            spare,
            filled_at: Instant::now(),
        })))
    }

    /// Takes one for an order of this caller.
    ///
    /// # Errors
    /// There is none left; how long it takes until there is.
    pub(super) fn take(&self, caller: Option<&CallerName>) -> Result<(), Duration> {
        let Some(shares) = &self.0 else { return Ok(()) };
        let mut shares = shares.lock().unwrap_or_else(PoisonError::into_inner);
        shares.fill(Instant::now());
        shares.take(caller)
    }
}

impl Shares {
    fn fill(&mut self, now: Instant) {
        let seconds = (now - self.filled_at).as_secs_f64();
        self.filled_at = now;
        let left: f64 = self.own.values_mut().map(|it| it.fill(seconds)).sum();
        self.spare.level += left;
        self.spare.fill(seconds);
    }

    fn take(&mut self, caller: Option<&CallerName>) -> Result<(), Duration> {
        let Some(own) = caller.and_then(|name| self.own.get_mut(name)) else {
            return if self.spare.take() {
                Ok(())
            } else {
                Err(self.spare.delay())
            };
        };
        if own.take() || self.spare.take() {
            return Ok(());
        }
        Err(own.delay())
    }
}

impl Bucket {
    fn new(per_second: f64) -> Self {
        let depth = (per_second * DEPTH).max(1.0);
        Self {
            per_second,
            depth,
            level: depth,
        }
    }

    /// What does not fit.
    fn fill(&mut self, seconds: f64) -> f64 {
        let level = self.level + self.per_second * seconds;
        self.level = level.min(self.depth);
        level - self.level
    }

    fn take(&mut self) -> bool {
        let enough = self.level >= NEARLY_ONE;
        if enough {
            self.level -= 1.0;
        }
        enough
    }

    fn delay(&self) -> Duration {
        let seconds = (1.0 - self.level) / self.per_second;
        Duration::try_from_secs_f64(seconds).unwrap_or(NO_SHARE_DELAY)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const MOMENT: Duration = Duration::from_millis(1);

    fn rate(per_second: u32, priorities: &[(&str, u32)]) -> SharedRate {
        let number = |number| NonZeroU32::new(number).unwrap();
        let priorities: Vec<_> = priorities
            .iter()
            .map(|&(name, priority)| (caller(name), number(priority)))
            .collect();
        SharedRate::new(number(per_second), &priorities)
    }

    fn caller(name: &str) -> CallerName {
        CallerName::parse(name).unwrap()
    }

    /// How many orders leave in ten seconds of each caller, which asks once in so many milliseconds.
    async fn left(rate: &SharedRate, callers: &[(&str, u32)]) -> Vec<u32> {
        let mut left = vec![0; callers.len()];
        for moment in 0..10_000 {
            for (number, (name, every)) in left.iter_mut().zip(callers) {
                if moment % every == 0 && rate.take(Some(&caller(name))).is_ok() {
                    *number += 1;
                }
            }
            advance(MOMENT).await;
        }
        left
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_want_everything_share_by_priority() {
        let rate = rate(40, &[("loans", 3), ("batch", 1)]);
        let left = left(&rate, &[("batch", 1), ("loans", 1)]).await;
        // The spare of the beginning goes to who asks first.
        assert!((100..=105).contains(&left[0]), "{left:?}");
        assert!((300..=305).contains(&left[1]), "{left:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_one_leaves_others_may_have() {
        let rate = rate(40, &[("loans", 3), ("batch", 1)]);
        let left = left(&rate, &[("batch", 1)]).await;
        assert!((400..=409).contains(&left[0]), "{left:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_stays_within_its_share_is_never_refused() {
        let rate = rate(40, &[("batch", 1), ("loans", 1)]);
        let left = left(&rate, &[("batch", 1), ("loans", 50)]).await;
        assert_eq!(left[1], 200);
        assert!((200..=206).contains(&left[0]), "{left:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_refused_is_told_when_there_is_room() {
        for (priorities, asked) in [(&[][..], None), (&[("loans", 1)], Some(caller("loans")))] {
            let rate = rate(4, priorities);
            let delay = loop {
                match rate.take(asked.as_ref()) {
                    Ok(()) => {}
                    Err(delay) => break delay,
                }
            };
            assert_eq!(delay.as_millis(), 250);
            advance(delay).await;
            rate.take(asked.as_ref()).unwrap();
            rate.take(asked.as_ref()).unwrap_err();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_without_a_share_has_what_others_leave() {
        let rate = rate(4, &[("loans", 1)]);
        let stranger = caller("gone");
        rate.take(Some(&stranger)).unwrap();
        assert_eq!(rate.take(Some(&stranger)), Err(NO_SHARE_DELAY));
        advance(Duration::from_secs(2)).await;
        rate.take(Some(&stranger)).unwrap();
    }
}
