use std::future::poll_fn;
use std::time::Duration;

use tokio::time::{Instant, advance};

use super::{Pace, Patience};

async fn overdue(pace: &mut Pace) {
    poll_fn(|context| pace.poll_overdue(context)).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_stands_still_is_ended_soon() {
    let begun = Instant::now();
    let mut pace = Pace::new(Patience::default(), begun, None);
    overdue(&mut pace).await;
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn one_that_moves_is_ended_at_last() {
    let begun = Instant::now();
    let mut pace = Pace::new(Patience::default(), begun, None);
    for _ in 0..6 {
        advance(Duration::from_secs(9)).await;
        pace.advance();
    }
    overdue(&mut pace).await;
    assert_eq!(begun.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn no_request_outlasts_its_callers_time() {
    let begun = Instant::now();
    let deadline = begun + Duration::from_secs(3);
    let mut pace = Pace::new(Patience::default(), begun, Some(deadline));
    overdue(&mut pace).await;
    assert_eq!(begun.elapsed().as_secs(), 3);
}
