//! How much a caller may ask for at once and over time. Whoever is at its limit is told so at once,
//! and takes nothing of what others have.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::Semaphore;

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
    places: Option<Arc<Semaphore>>,
    pace: Option<DefaultDirectRateLimiter>,
}

impl Gate {
    pub(super) fn new(name: &CallerName, limits: Limits) -> Self {
        let pace = limits.rate.map(|rate| {
            let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
            RateLimiter::direct(quota)
        });
        let places = limits.max_in_flight;
        Self {
            caller: name.clone(),
            places: places.map(|most| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)))),
            pace,
        }
    }

    /// Lets one more in. What is refused for want of a place does not count for the rate.
    pub(super) fn enter(&self) -> Result<Option<Place>, Denial> {
        let place = match &self.places {
            Some(places) => match Arc::clone(places).try_acquire_owned() {
                Ok(place) => Some(place),
                Err(_) => return Err(self.denied(CallerLimit::MaxInFlight, PLACE_DELAY)),
            },
            None => None,
        };
        if let Some(pace) = &self.pace {
            let late = |until: governor::NotUntil<_>| {
                self.denied(
                    CallerLimit::Rate,
                    until.wait_time_from(DefaultClock::default().now()),
                )
            };
            pace.check().map_err(late)?;
        }
        Ok(place.map(Place::new))
    }

    fn denied(&self, limit: CallerLimit, retry_after: Duration) -> Denial {
        Denial::QuotaExceeded {
            caller: self.caller.clone(),
            limit,
            retry_after,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(max_in_flight: Option<usize>, rate: Option<(u32, u32)>) -> Gate {
        let number = |number| NonZeroU32::new(number).unwrap();
        let rate = rate.map(|(per_second, burst)| Rate {
            per_second: number(per_second),
            burst: number(burst),
        });
        let limits = Limits {
            max_in_flight,
            rate,
        };
        Gate::new(&CallerName::parse("loans").unwrap(), limits)
    }

    fn limit(denied: Result<Option<Place>, Denial>) -> (CallerLimit, Duration) {
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
            assert!(gate.enter().unwrap().is_none());
        }
    }
}
