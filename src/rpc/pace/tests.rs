use std::future::poll_fn;
use std::time::Duration;

use tokio::time::{Instant, advance};

use super::{Moves, Pace, Patience};

async fn overdue(pace: &mut Pace) {
    poll_fn(|context| pace.poll_overdue(context)).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_stands_still_is_ended_soon() {
    let begun = Instant::now();
    let mut pace = Pace::new(Patience::default(), Moves::default(), begun, None);
    overdue(&mut pace).await;
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn one_that_moves_is_ended_at_last() {
    let begun = Instant::now();
    let mut pace = Pace::new(Patience::default(), Moves::default(), begun, None);
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
    let mut pace = Pace::new(Patience::default(), Moves::default(), begun, Some(deadline));
    overdue(&mut pace).await;
    assert_eq!(begun.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn one_whose_turn_has_not_come_on_a_busy_line_is_waited_for() {
    let (begun, moves) = (Instant::now(), Moves::default());
    let mut waiting = Pace::new(Patience::default(), moves.clone(), begun, None);
    let busy = Pace::new(Patience::default(), moves, begun, None);
    advance(Duration::from_secs(9)).await;
    busy.advance();
    overdue(&mut waiting).await;
    assert_eq!(begun.elapsed().as_secs(), 19);
}
