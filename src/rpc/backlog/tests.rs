//! Who comes into the backlog, and how long it stays.

use std::cell::Cell;

use tokio::time::advance;

use super::super::call::Call;
use super::*;

const SECOND: Duration = Duration::from_secs(1);

thread_local! {
    /// How long the processors have been busy.
    static BUSY: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// So many when they come at once.
fn of(most: usize) -> Backlogs {
    let depth = Depth {
        most,
        standing: most,
    };
    Backlogs::new(depth, Duration::default)
}

/// As many as there is room for, of one connection.
fn crowd(backlog: &Backlog) -> Vec<Entry> {
    (0..10_000).map_while(|_| backlog.enter(None)).collect()
}

fn begin(entries: &[Entry]) {
    assert!(entries.iter().all(Entry::begin));
}

#[tokio::test(start_paused = true)]
async fn a_call_leaves_with_its_ticket() {
    let backlogs = of(100);
    let backlog = backlogs.part(Moves::default());
    let mut calls = crowd(&backlog);
    begin(&calls);
    assert_eq!(calls.len(), 80);
    let ticket = calls.pop().unwrap().into_ticket();
    assert!(backlog.enter(None).is_none());
    drop(ticket);
    assert!(backlog.enter(None).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_departs_takes_its_place_with_it() {
    let backlog = of(100).part(Moves::default());
    let call = Call::new(None, backlog.enter(None));
    let ticket = call.depart();
    drop(call);
    assert_eq!(backlog.share.taken_by_all(), 1);
    drop(ticket);
    assert_eq!(backlog.share.taken_by_all(), 0);
}

#[tokio::test(start_paused = true)]
async fn others_find_a_place_however_many_one_connection_has() {
    let backlogs = of(100);
    let mut held = Vec::new();
    for _ in 0..20 {
        let calls = crowd(&backlogs.part(Moves::default()));
        assert!(calls.len() >= OWN);
        held.extend(calls);
    }
    assert!(held.len() < 100 + 20 * OWN);
}

#[tokio::test(start_paused = true)]
async fn streams_that_send_nothing_soon_count_no_more() {
    let backlogs = of(100);
    let silent = crowd(&backlogs.part(Moves::default()));
    let other = backlogs.part(Moves::default());
    advance(SECOND).await;
    // Each that comes lets some go.
    let calls: Vec<_> = (0..80).map_while(|_| other.enter(None)).collect();
    assert_eq!(calls.len(), 80);
    assert_eq!(other.share.taken_by_all(), 80);
    // Who speaks after all has a place again.
    assert!(silent[0].begin());
    assert_eq!(other.share.taken_by_all(), 81);
}

#[tokio::test(start_paused = true)]
async fn streams_whose_connection_is_busy_with_others_keep_their_places() {
    let backlogs = of(100);
    let moves = Moves::default();
    let busy = backlogs.part(moves.clone());
    let calls = crowd(&busy);
    advance(SECOND).await;
    moves.advance();
    assert!(busy.enter(None).is_none());
    begin(&calls);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_turn_would_come_too_late_is_refused_at_once() {
    let backlogs = of(1000);
    let backlog = backlogs.part(Moves::default());
    let mut calls: Vec<_> = (0..=FEW).map_while(|_| backlog.enter(None)).collect();
    begin(&calls);
    advance(3 * SECOND).await;
    drop(calls.remove(0).into_ticket());
    calls.extend(backlog.enter(None));
    let by = |time| Some(Instant::now() + time);
    assert!(backlog.enter(by(2 * SECOND)).is_none());
    assert!(backlog.enter(by(4 * SECOND)).is_some());
    assert!(backlog.enter(None).is_some());
    // Where there is no queue, what the last one waited says nothing.
    calls.truncate(FEW / 2);
    assert!(backlog.enter(by(2 * SECOND)).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_slow_to_send_refuses_nobody_else() {
    let backlogs = of(1000);
    let (slow, other) = (
        backlogs.part(Moves::default()),
        backlogs.part(Moves::default()),
    );
    let mut calls: Vec<_> = (0..=FEW + 1).map_while(|_| slow.enter(None)).collect();
    begin(&calls);
    advance(50 * SECOND).await;
    drop(calls.remove(0).into_ticket());
    let soon = Some(Instant::now() + SECOND);
    assert!(slow.enter(soon).is_none());
    assert!(other.enter(soon).is_some());
    // Nor those behind the same proxy, as soon as one of them has had its turn.
    let quick = slow.enter(None).unwrap();
    drop(quick.into_ticket());
    assert!(slow.enter(soon).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_long_ago_says_nothing() {
    let backlog = of(1000).part(Moves::default());
    let mut calls: Vec<_> = (0..=FEW + 1).map_while(|_| backlog.enter(None)).collect();
    begin(&calls);
    advance(50 * SECOND).await;
    drop(calls.remove(0).into_ticket());
    advance(WHILE).await;
    assert!(backlog.enter(Some(Instant::now() + SECOND)).is_some());
}

/// As many as come in three seconds, while the processors are busy for a part of that.
async fn come(backlog: &Backlog, part: u32) -> Vec<Entry> {
    let mut calls = Vec::new();
    for _ in 0..300 {
        BUSY.set(BUSY.get() + SECOND / 100 / part);
        calls.extend(backlog.enter(None));
        begin(&calls);
        advance(SECOND / 100).await;
    }
    calls
}

fn with_a_standing_queue_of(standing: usize) -> Backlog {
    let most = 1000;
    Backlogs::new(Depth { most, standing }, || BUSY.get()).part(Moves::default())
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_stands_is_kept_short() {
    let backlog = with_a_standing_queue_of(100);
    let mut calls = come(&backlog, 1).await;
    assert_eq!(calls.len(), 200, "until then they are taken");
    calls.truncate(50);
    calls.extend(crowd(&backlog));
    assert_eq!(calls.len(), 80);
}

#[tokio::test(start_paused = true)]
async fn one_that_waits_for_its_peer_may_be_long() {
    let backlog = with_a_standing_queue_of(100);
    assert_eq!(come(&backlog, 2).await.len(), 300);
}
