//! How much a caller may ask for at once and over time. Whoever is at its limit is told so at once,
//! and takes nothing of what others have.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::domain::CallerName;
use crate::verify::error::{CallerLimit, Denial};
use crate::verify::port::Place;

/// An order in flight takes seconds, so a place comes back quickly.
const PLACE_DELAY: Duration = Duration::from_secs(1);

/// The limits of a caller's verifications.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Under way at once.
    pub max_in_flight: Option<usize>,
    /// How often one may begin.
    pub rate: Option<Rate>,
}

/// So many a second, and so many at once after a rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// In the long run.
    pub per_second: NonZeroU32,
    /// At once.
    pub burst: NonZeroU32,
}

/// Holds a caller to its limits.
#[derive(Debug)]
pub(super) struct Gate {
    caller: CallerName,
    limits: Limits,
    /// Of all gates that this caller had: a reload does not forget what is under way.
    under_way: Arc<AtomicUsize>,
    pace: Option<Arc<DefaultDirectRateLimiter>>,
}

/// One of those under way; it is over when this is dropped.
struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gate {
    pub(super) fn new(name: &CallerName, limits: Limits) -> Self {
        Self {
            caller: name.clone(),
            limits,
            under_way: Arc::default(),
            pace: limits.rate.map(pace),
        }
    }

    /// For the same caller from now on: what is under way counts, and a rate that stays goes on.
    pub(super) fn renewed(&self, limits: Limits) -> Self {
        let pace = match &self.pace {
            Some(going_on) if limits.rate == self.limits.rate => Some(Arc::clone(going_on)),
            _ => limits.rate.map(pace),
        };
        Self {
            caller: self.caller.clone(),
            limits,
            under_way: Arc::clone(&self.under_way),
            pace,
        }
    }

    /// Lets one more in. What is refused for want of a place does not count for the rate.
    pub(super) fn enter(&self) -> Result<Place, Denial> {
        let most = self.limits.max_in_flight.unwrap_or(usize::MAX);
        let one_more = |number| (number < most).then(|| number + 1);
        let counted = self
            .under_way
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        if counted.is_err() {
            return Err(self.denied(CallerLimit::MaxInFlight, PLACE_DELAY));
        }
        let place = UnderWay(Arc::clone(&self.under_way));
        if let Some(pace) = &self.pace {
            let late = |until: governor::NotUntil<_>| {
                self.denied(
                    CallerLimit::Rate,
                    until.wait_time_from(DefaultClock::default().now()),
                )
            };
            pace.check().map_err(late)?;
        }
        Ok(Place::new(place))
    }

    fn denied(&self, limit: CallerLimit, retry_after: Duration) -> Denial {
        Denial::QuotaExceeded {
            caller: self.caller.clone(),
            limit,
            retry_after,
        }
    }
}

fn pace(rate: Rate) -> Arc<DefaultDirectRateLimiter> {
    let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
    Arc::new(RateLimiter::direct(quota))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(max_in_flight: Option<usize>, rate: Option<(u32, u32)>) -> Limits {
        let number = |number| NonZeroU32::new(number).unwrap();
        let rate = rate.map(|(per_second, burst)| Rate {
            per_second: number(per_second),
            burst: number(burst),
        });
        Limits {
            max_in_flight,
            rate,
        }
    }

    fn gate(max_in_flight: Option<usize>, rate: Option<(u32, u32)>) -> Gate {
        let name = CallerName::parse("loans").unwrap();
        Gate::new(&name, limits(max_in_flight, rate))
    }

    fn limit(denied: Result<Place, Denial>) -> (CallerLimit, Duration) {
        match denied.err() {
            Some(Denial::QuotaExceeded {
                caller,
                limit,
                retry_after,
            }) if caller.as_str() == "loans" => (limit, retry_after),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_place_comes_back_when_it_is_dropped() {
        let gate = gate(Some(1), None);
        let place = gate.enter().unwrap();
        assert_eq!(limit(gate.enter()).0, CallerLimit::MaxInFlight);
        drop(place);
        gate.enter().unwrap();
    }

    #[test]
    fn a_burst_is_let_in_and_the_next_is_told_when_to_come_back() {
        // Nobody waits for a second here: a thousand calls take less than the next place.
        let gate = gate(None, Some((1, 3)));
        for _ in 0..3 {
            gate.enter().unwrap();
        }
        let (limit, retry_after) = limit(gate.enter());
        assert_eq!(limit, CallerLimit::Rate);
        assert!(retry_after > Duration::ZERO && retry_after <= Duration::from_secs(1));
    }

    #[test]
    fn without_limits_everything_is_let_in() {
        let gate = gate(None, None);
        for _ in 0..1000 {
            gate.enter().unwrap();
        }
    }

    #[test]
    fn what_is_under_way_counts_under_new_limits() {
        let old = gate(None, None);
        let places = [old.enter().unwrap(), old.enter().unwrap()];
        let new = old.renewed(limits(Some(2), None));
        assert_eq!(limit(new.enter()).0, CallerLimit::MaxInFlight);
        drop(places);
        let _last = [new.enter().unwrap(), new.enter().unwrap()];
        let wider = new.renewed(limits(Some(3), None));
        let _third = wider.enter().unwrap();
        assert_eq!(limit(wider.enter()).0, CallerLimit::MaxInFlight);
    }

    #[test]
    fn a_rate_goes_on_when_it_stays_and_begins_anew_when_it_changes() {
        let old = gate(None, Some((1, 1)));
        old.enter().unwrap();
        let same = old.renewed(limits(Some(5), Some((1, 1))));
        assert_eq!(limit(same.enter()).0, CallerLimit::Rate);
        same.renewed(limits(Some(5), Some((1, 2)))).enter().unwrap();
    }
}
