use std::future::{pending, poll_fn};
use std::sync::Mutex;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;

fn sealing() -> Arc<Sealing> {
    Arc::new(Sealing::on(1))
}

/// Whether the reader may go on now.
fn goes_on(calm: &mut Calm) -> bool {
    poll_fn(|context| calm.poll_calm(context))
        .now_or_never()
        .is_some()
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

#[tokio::test]
async fn nobody_reads_on_while_many_wait() {
    let sealing = sealing();
    let mut calm = Calm::new(Arc::clone(&sealing));
    hold(&sealing).await;
    let few = wait(&sealing, TURNS).await;
    assert!(goes_on(&mut calm));
    let more = wait(&sealing, 1).await;
    assert!(!goes_on(&mut calm));
    sealing.turns.add_permits(1);
    yield_now().await;
    assert!(goes_on(&mut calm));
    sealing.turns.add_permits(TURNS);
    join_all(few.into_iter().chain(more)).await;
}

#[tokio::test]
async fn all_who_waited_read_on_whatever_the_first_one_brings() {
    let sealing = sealing();
    let mut readers = [(); 3].map(|()| Calm::new(Arc::clone(&sealing)));
    hold(&sealing).await;
    let waiting = wait(&sealing, TURNS + 1).await;
    for reader in &mut readers {
        assert!(!goes_on(reader));
    }
    let (last, rest) = waiting.split_last().unwrap();
    last.abort();
    yield_now().await;
    let brought = wait(&sealing, 2 * TURNS).await;
    for reader in &mut readers {
        assert!(goes_on(reader));
        assert!(!goes_on(reader), "and then as everybody else");
    }
    for task in rest.iter().chain(&brought) {
        task.abort();
    }
    yield_now().await;
    assert!(goes_on(&mut readers[0]));
}

#[tokio::test]
async fn nobody_waits_for_the_end_of_a_crowd_that_does_not_end() {
    let sealing = sealing();
    let mut calm = Calm::new(Arc::clone(&sealing));
    hold(&sealing).await;
    let crowd = wait(&sealing, 100).await;
    assert!(!goes_on(&mut calm));
    sealing.turns.add_permits(1);
    while !goes_on(&mut calm) {
        yield_now().await;
    }
    assert!(sealing.given.load(Ordering::Relaxed) >= ROUNDS * TURNS);
    assert!(sealing.waiting.load(Ordering::Relaxed) > TURNS);
    for task in crowd {
        task.abort();
    }
}
