//! The lines of a drain, on a paused clock.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{advance, timeout};

use super::super::tests::log::Log;
use super::{Calls, InProgress, Load, Schedule, UnderWay, narrate};
use crate::observe::Nobody;
use crate::verify::doubles::{Engine, Upi, answer};
use crate::verify::{Limits, Verifier};

const SECOND: Duration = Duration::from_secs(1);

fn under_way(calls: &Calls) -> UnderWay {
    let limits = Limits {
        max_in_flight: 1,
        least_time: Duration::ZERO,
        ledger: Duration::from_secs(5),
        breaker_failures: 0,
    };
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = Verifier::new(upi, Engine::failing(&[]), Arc::new(Nobody), limits);
    UnderWay::new(calls.clone(), verifier)
}

/// The lines of so many seconds of a drain.
async fn lines(calls: &Calls, delay: u32, told: u32) -> Vec<String> {
    let (log, _guard) = Log::start();
    let schedule = Schedule::from_now(delay * SECOND, 75 * SECOND);
    let under_way = under_way(calls);
    let told = timeout(told * SECOND, narrate(&under_way, schedule)).await;
    assert!(told.is_err());
    log.messages()
}

#[tokio::test(start_paused = true)]
async fn a_drain_says_every_five_seconds_what_it_waits_for_and_how_long_at_most() {
    let calls = Calls::default();
    let _calls: [InProgress; 2] = [calls.enter(), calls.enter()];
    let expected = [
        "draining: health says NOT_SERVING, new calls are taken for 7 s (server.drain_delay); \
         waiting for 2 calls and 0 orders, at most 75 s",
        "draining: new calls are taken for 2 s (server.drain_delay); \
         waiting for 2 calls and 0 orders, at most 70 s",
        "draining: new calls are refused; waiting for 2 calls and 0 orders, at most 65 s",
    ];
    assert_eq!(lines(&calls, 7, 14).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_waits_for_nobody_says_so() {
    let expected = [
        "draining: health says NOT_SERVING, new calls are taken for 5 s (server.drain_delay); \
         nothing is under way",
    ];
    assert_eq!(lines(&Calls::default(), 5, 4).await, expected);
    let expected = ["draining: health says NOT_SERVING, new calls are refused; \
                     nothing is under way"];
    assert_eq!(lines(&Calls::default(), 0, 4).await, expected);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_the_time_is_rounded_up() {
    let schedule = Schedule::from_now(SECOND, 2 * SECOND);
    advance(SECOND / 2).await;
    assert_eq!(super::seconds(schedule.left().0), 1);
    assert_eq!(super::seconds(schedule.left().1), 2);
    advance(2 * SECOND).await;
    assert_eq!(schedule.left(), (Duration::ZERO, Duration::ZERO));
}

#[test]
fn one_is_not_plural() {
    let load = |calls, orders| Load { calls, orders }.to_string();
    assert_eq!(load(1, 2), "1 call and 2 orders");
    assert_eq!(load(2, 1), "2 calls and 1 order");
}
