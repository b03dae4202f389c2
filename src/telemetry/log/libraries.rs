//! What libraries below us log. Peers can make them log as often as they like, and their
//! texts may hold a peer's bytes (RFC 9113 lets a PING carry any eight). So a place in a
//! library's source is logged a few times in a while, and a line says which place, not what.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::super::level::is_ours;

/// Lines of one place in a [`WHILE`].
const MOST: u32 = 5;

const WHILE: Duration = Duration::from_secs(10);

/// Which places were logged how often. There are as many places as the libraries' sources have.
#[derive(Debug, Default)]
pub(in super::super) struct Libraries(Mutex<HashMap<Identifier, Heard>>);

#[derive(Debug)]
struct Heard {
    since: Instant,
    times: u32,
    left_out: u64,
}

impl Libraries {
    fn admits(&self, place: Identifier, now: Instant) -> bool {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = places.entry(place).or_insert(Heard {
            since: now,
            times: 0,
            left_out: 0,
        });
        if now.duration_since(heard.since) >= WHILE {
            heard.since = now;
            heard.times = 0;
        }
        let admitted = heard.times < MOST;
        if admitted {
            heard.times += 1;
        } else {
            heard.left_out += 1;
        }
        admitted
    }

    /// How many lines of this place are missing before this one; they are told once.
    pub(super) fn left_out(&self, place: &Identifier) -> u64 {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = places.get_mut(place);
        heard.map_or(0, |heard| std::mem::take(&mut heard.left_out))
    }
}

/// Keeps back what libraries say too often.
#[derive(Debug)]
pub(in super::super) struct Sieve(pub(in super::super) Arc<Libraries>);

impl<S: Subscriber> Layer<S> for Sieve {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let metadata = event.metadata();
        is_ours(metadata.target()) || self.0.admits(metadata.callsite(), Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tracing::Callsite as _;
    use tracing::callsite::DefaultCallsite;

    use super::{Libraries, MOST, WHILE};

    #[test]
    fn a_place_is_heard_a_few_times_in_a_while_and_the_rest_is_counted_once() {
        static ONE: DefaultCallsite = DefaultCallsite::new(&META);
        static META: tracing::Metadata<'static> = tracing::metadata! {
            name: "one", target: "library", level: tracing::Level::WARN, fields: &[],
            callsite: &ONE, kind: tracing::metadata::Kind::EVENT
        };
        let (libraries, start) = (Libraries::default(), Instant::now());
        let place = || ONE.metadata().callsite();
        let heard = (0..1000).filter(|_| libraries.admits(place(), start));
        assert_eq!(heard.count(), usize::try_from(MOST).unwrap());
        assert!(libraries.admits(place(), start + WHILE));
        assert_eq!(libraries.left_out(&place()), 1000 - u64::from(MOST));
        assert_eq!(libraries.left_out(&place()), 0);
    }
}
