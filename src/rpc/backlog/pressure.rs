//! Whether more comes, for long, than the processors can serve.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

/// What happens within it is looked at as one.
const MOMENT: Duration = Duration::from_secs(1);

/// When everybody comes at once, all have come by then.
const LONG: Duration = Duration::from_secs(2);

/// Of a moment: so many sixteenths. Below it the processors could do more, whatever waits: for peers
/// whose lines are slow, or one that brings all calls.
const BUSY: u32 = 15;

/// How long a thread of this runtime has been busy, on average.
pub(in crate::rpc) fn busy() -> Duration {
    let Ok(runtime) = Handle::try_current() else {
        return Duration::ZERO;
    };
    let runtime = runtime.metrics();
    let threads = runtime.num_workers();
    let busy = (0..threads).map(|thread| runtime.worker_total_busy_duration(thread));
    let threads = u32::try_from(threads).unwrap_or(u32::MAX).max(1);
    busy.sum::<Duration>() / threads
}

/// What was seen when calls came.
#[derive(Debug, Default)]
pub(super) struct Pressure {
    moment: Option<Moment>,
    since: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Moment {
    begun: Instant,
    busy: Duration,
}

impl Pressure {
    /// A call comes. Whether the processors have had enough to do for long, by what tells how long
    /// they have been busy.
    pub(super) fn look(&mut self, now: Instant, busy: impl Fn() -> Duration) -> bool {
        let begin = || Moment {
            begun: now,
            busy: busy(),
        };
        let moment = self.moment.get_or_insert_with(begin);
        let passed = now.duration_since(moment.begun);
        if passed >= MOMENT {
            let next = begin();
            let worked = next.busy.saturating_sub(moment.busy);
            // In a longer time nobody came.
            let pressed = passed < 2 * MOMENT && worked * 16 >= passed * BUSY;
            let since = self.since.unwrap_or(moment.begun);
            self.since = pressed.then_some(since);
            *moment = next;
        }
        self.since
            .is_some_and(|since| now.duration_since(since) >= LONG)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Threads that begin when the test does.
    struct Site {
        pressure: Pressure,
        now: Instant,
        busy: Duration,
    }

    impl Site {
        fn new() -> Self {
            Self {
                pressure: Pressure::default(),
                now: Instant::now(),
                busy: Duration::from_secs(1000),
            }
        }

        /// Calls come every 100 ms, so often, while threads are busy for so many of them; whether it
        /// is for long after each.
        fn come(&mut self, calls: usize, busy: u32) -> Vec<bool> {
            let each = |_| {
                self.now += Duration::from_millis(100);
                self.busy += Duration::from_millis(busy.into());
                self.pressure.look(self.now, || self.busy)
            };
            (0..calls).map(each).collect()
        }
    }

    #[test]
    fn it_is_for_long_after_two_seconds_and_not_before() {
        let stands = Site::new().come(40, 100);
        assert_eq!(stands.iter().position(|stands| *stands), Some(20));
        assert!(stands[20..].iter().all(|stands| *stands));
    }

    #[test]
    fn processors_that_could_do_more_are_not_pressed() {
        let mut site = Site::new();
        assert!(!site.come(40, 93).contains(&true));
        assert!(site.come(40, 94)[39]);
        assert!(!site.come(40, 0)[39]);
        assert!(!site.come(15, 100)[14], "it begins anew");
    }

    #[test]
    fn what_was_so_before_a_quiet_time_says_nothing_about_a_burst() {
        let mut site = Site::new();
        assert!(site.come(40, 100)[39]);
        site.now += 2 * MOMENT;
        site.busy += 2 * MOMENT;
        assert!(!site.come(15, 100).contains(&true));
    }
}
