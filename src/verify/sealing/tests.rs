use std::future::{pending, poll_fn};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, advance};

use super::*;

fn sealing() -> Arc<Sealing> {
    Arc::new(Sealing::on(1))
}

/// Of a connection that brings verifications.
fn verifies() -> Arc<AtomicBool> {
    Arc::new(true.into())
}

/// Nobody has a turn from now on.
async fn hold(sealing: &Sealing) {
    sealing.hold().await.forget();
}

/// So many more that wait for a turn.
async fn wait(sealing: &Arc<Sealing>, number: usize) -> Vec<JoinHandle<()>> {
    let waiters = (0..number).map(|_| {
        let sealing = Arc::clone(sealing);
        tokio::spawn(async move { sealing.run(async {}).await })
    });
    let waiters = waiters.collect();
    yield_now().await;
    waiters
}

#[tokio::test]
async fn everybody_else_has_a_turn_before_a_third_round() {
    let (sealing, order) = (sealing(), Arc::new(Mutex::new(Vec::new())));
    let note = |what| {
        let order = Arc::clone(&order);
        move || order.lock().unwrap().push(what)
    };
    let sealed = (0..4 * TURNS).map(|_| {
        let (sealing, note) = (Arc::clone(&sealing), note("sealed"));
        tokio::spawn(async move { sealing.run(async { note() }).await })
    });
    let sealed: Vec<_> = sealed.collect();
    let health = note("health");
    let health = tokio::spawn(async move {
        for _ in 0..4 {
            health();
            yield_now().await;
        }
    });
    join_all(sealed.into_iter().chain([health])).await;
    let order = order.lock().unwrap();
    let longest = order.split(|what| *what == "health").map(<[_]>::len).max();
    // Who yields in the same round may come before it or behind it.
    assert!(longest <= Some(2 * TURNS), "{order:?}");
    assert_eq!(order.len(), 4 * TURNS + 4);
}

#[tokio::test]
async fn whoever_waits_for_a_token_leaves_its_turn_to_others() {
    let sealing = sealing();
    let (sign, signature) = oneshot::channel::<&str>();
    let hang = (0..2 * TURNS).map(|_| sealing.run(pending::<()>()));
    let mut hang = pin!(join_all(hang));
    for _ in 0..4 {
        assert!(poll_immediate(hang.as_mut()).await.is_none());
        yield_now().await;
    }
    let mut signing = pin!(sealing.run(signature));
    assert!(poll_immediate(signing.as_mut()).await.is_none());
    sign.send("signed").unwrap();
    assert_eq!(signing.await, Ok("signed"));
}

/// Whether the request may be taken in now.
fn enters(intake: &mut Intake) -> bool {
    poll_fn(|context| intake.poll_leave(context))
        .now_or_never()
        .is_some()
}

/// Whether the connection is read now.
fn reads(lull: &mut Lull) -> bool {
    poll_fn(|context| lull.poll_over(context))
        .now_or_never()
        .is_some()
}

fn intakes<const N: usize>(sealing: &Arc<Sealing>) -> [Intake; N] {
    [(); N].map(|()| Intake::new(Arc::clone(sealing)))
}

/// One that has just been read.
fn lull(sealing: &Arc<Sealing>) -> Lull {
    let mut lull = Lull::new(Arc::clone(sealing), verifies());
    lull.begin();
    lull
}

#[tokio::test]
async fn nobody_is_taken_in_while_many_wait() {
    let sealing = sealing();
    let [mut early, mut late] = intakes(&sealing);
    hold(&sealing).await;
    let few = wait(&sealing, TURNS).await;
    assert!(enters(&mut early));
    let more = wait(&sealing, 1).await;
    assert!(enters(&mut early), "it has its leave already");
    early.pause();
    assert!(!enters(&mut early));
    assert!(!enters(&mut late));
    sealing.turns.add_permits(1);
    yield_now().await;
    assert!(enters(&mut early));
    assert!(enters(&mut late));
    sealing.turns.add_permits(TURNS);
    join_all(few.into_iter().chain(more)).await;
}

#[tokio::test]
async fn requests_are_taken_in_in_the_order_in_which_they_ask() {
    let sealing = sealing();
    let mut asks: [_; TURNS + 2] = intakes(&sealing);
    for first in &mut asks[..TURNS] {
        assert!(enters(first));
    }
    assert!(!enters(&mut asks[TURNS]));
    assert!(!enters(&mut asks[TURNS + 1]));
    asks[0].pause();
    assert!(!enters(&mut asks[0]), "others wait");
    assert!(!enters(&mut asks[TURNS + 1]));
    assert!(enters(&mut asks[TURNS]));
}

#[tokio::test]
async fn one_that_ends_while_it_has_or_awaits_its_leave_keeps_nobody_out() {
    let sealing = sealing();
    let mut first: [_; TURNS] = intakes(&sealing);
    let [mut second, mut third] = intakes(&sealing);
    for intake in &mut first {
        assert!(enters(intake));
    }
    assert!(!enters(&mut second));
    assert!(!enters(&mut third));
    drop((first, second));
    assert!(enters(&mut third));
    assert!(reads(&mut lull(&sealing)), "nobody waits");
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_read_at_once_where_nothing_waits() {
    let sealing = sealing();
    assert!(reads(&mut Lull::new(Arc::clone(&sealing), verifies())));
    assert!(reads(&mut lull(&sealing)));
}

#[tokio::test(start_paused = true)]
async fn where_much_waits_a_connection_is_read_after_a_lull_and_no_sooner() {
    let sealing = sealing();
    sealing.crowd();
    let mut unread = Lull::new(Arc::clone(&sealing), verifies());
    assert!(reads(&mut unread), "it has given nothing yet");
    let begun = Instant::now();
    let mut lull = lull(&sealing);
    assert!(!reads(&mut lull));
    poll_fn(|context| lull.poll_over(context)).await;
    assert_eq!(begun.elapsed().as_millis(), 40);
    assert!(reads(&mut lull), "until it has been read");
    lull.begin();
    assert!(!reads(&mut lull));
    advance(Duration::from_secs(1)).await;
    lull.begin();
    assert!(!reads(&mut lull));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_brings_no_verification_is_read_at_once_until_it_does() {
    let sealing = sealing();
    sealing.crowd();
    let verifies = Arc::new(AtomicBool::default());
    let mut lull = Lull::new(sealing, Arc::clone(&verifies));
    lull.begin();
    assert!(reads(&mut lull));
    verifies.store(true, Ordering::Relaxed);
    lull.begin();
    assert!(!reads(&mut lull));
}

#[tokio::test(start_paused = true)]
async fn all_connections_are_read_when_nothing_is_left_to_be_taken_in() {
    let sealing = sealing();
    let mut lulls = [(); 3].map(|()| lull(&sealing));
    hold(&sealing).await;
    let waiting = wait(&sealing, TURNS + 1).await;
    let [mut outside] = intakes(&sealing);
    assert!(!enters(&mut outside));
    for lull in &mut lulls {
        assert!(!reads(lull));
    }
    let (last, rest) = waiting.split_last().unwrap();
    last.abort();
    yield_now().await;
    assert!(!reads(&mut lulls[0]), "one may be taken in first");
    assert!(enters(&mut outside));
    // What the first one brings is no matter.
    let brought = wait(&sealing, 2 * TURNS).await;
    for lull in &mut lulls {
        assert!(reads(lull));
        lull.begin();
        assert!(!reads(lull), "and then as everybody else");
    }
    for task in rest.iter().chain(&brought) {
        task.abort();
    }
}
