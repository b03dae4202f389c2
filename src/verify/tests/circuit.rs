//! Calls while UPI takes no connections.

use tokio::time::sleep;

use super::*;
use crate::observe::Circuit;
use crate::verify::doubles::Script;

const FAILURES: usize = 3;

/// With the task that looks at UPI.
fn guarded(upi: &Arc<Upi>, engine: &Arc<Engine>) -> (Arc<Verifier>, JoinSet<()>) {
    let limits = Limits {
        max_in_flight: 8,
        least_time: Duration::from_millis(200),
        ledger: Duration::from_secs(5),
        breaker_failures: FAILURES,
    };
    let gateway = Arc::clone(upi) as Arc<dyn Gateway>;
    let verifier = Verifier::new(gateway, engine.clone(), Arc::new(Nobody), limits);
    let mut tasks = JoinSet::new();
    let watching = Arc::clone(&verifier);
    tasks.spawn(async move { watching.watch_upi().await });
    (verifier, tasks)
}

fn unreachable() -> Arc<Upi> {
    let upi = Upi::prompt(|| Err(CallError::NoConnection(cause())));
    upi.seen.store(false, Ordering::SeqCst);
    upi
}

async fn fail(verifier: &Arc<Verifier>, tags: std::ops::Range<usize>) {
    for tag in tags {
        let failed = ask(verifier, &tag.to_string(), None).await;
        let error = failed.unwrap_err();
        assert!(
            matches!(error, VerifyError::NotSent(NotSent::Unreachable(_))),
            "{error:?}"
        );
    }
}

async fn refused(verifier: &Arc<Verifier>, tag: &str) -> bool {
    let refused = ask(verifier, tag, None).await;
    let Err(VerifyError::NotSent(NotSent::Unreachable(cause))) = refused else {
        return false;
    };
    cause.to_string().starts_with("the circuit is open")
}

fn stands(verifier: &Verifier) -> Circuit {
    *verifier.breaker.circuit().borrow()
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sealed_or_claimed_while_the_circuit_is_open() {
    let upi = unreachable();
    let (verifier, _tasks) = guarded(&upi, &healthy());
    fail(&verifier, 0..FAILURES).await;
    assert!(refused(&verifier, "9").await);
    assert_eq!((upi.seals(), upi.posts()), (FAILURES, FAILURES));
    assert!(is_unknown(&verifier, "9").await);
}

#[tokio::test(start_paused = true)]
async fn upi_is_looked_at_again_and_again_and_not_too_often() {
    let upi = unreachable();
    let (verifier, _tasks) = guarded(&upi, &healthy());
    fail(&verifier, 0..FAILURES).await;
    settle_down().await;
    sleep(Duration::from_secs(3600)).await;
    let looks = upi.looks.load(Ordering::SeqCst);
    assert!((300..=363).contains(&looks), "{looks}");
    assert!(refused(&verifier, "9").await);
    assert_eq!(upi.posts(), FAILURES);
}

#[tokio::test(start_paused = true)]
async fn a_look_and_one_call_close_the_circuit() {
    let upi = unreachable();
    let (verifier, _tasks) = guarded(&upi, &healthy());
    fail(&verifier, 0..FAILURES).await;
    settle_down().await;
    upi.seen.store(true, Ordering::SeqCst);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(stands(&verifier), Circuit::HalfOpen);
    fail(&verifier, 7..8).await;
    assert_eq!(stands(&verifier), Circuit::Open);
    sleep(Duration::from_secs(2)).await;
    upi.reply(|| Ok(answer()));
    assert!(ask(&verifier, "9", None).await.is_ok());
    assert_eq!(stands(&verifier), Circuit::Closed);
}

#[tokio::test(start_paused = true)]
async fn others_are_refused_while_one_call_tries() {
    let upi = unreachable();
    let (verifier, _tasks) = guarded(&upi, &healthy());
    fail(&verifier, 0..FAILURES).await;
    settle_down().await;
    upi.seen.store(true, Ordering::SeqCst);
    sleep(Duration::from_secs(2)).await;
    upi.reply(|| Ok(answer()));
    upi.hold(true);
    let trying = tokio::spawn({
        let verifier = Arc::clone(&verifier);
        async move { ask(&verifier, "8", None).await.is_ok() }
    });
    settle_down().await;
    assert!(refused(&verifier, "9").await);
    upi.release();
    assert!(trying.await.unwrap());
    upi.hold(false);
    assert!(ask(&verifier, "9", None).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_tries_and_cannot_be_claimed_leaves_it_to_the_next() {
    let (upi, engine) = (unreachable(), healthy());
    let (verifier, _tasks) = guarded(&upi, &engine);
    fail(&verifier, 0..FAILURES).await;
    settle_down().await;
    upi.seen.store(true, Ordering::SeqCst);
    sleep(Duration::from_secs(2)).await;
    engine.fail("claim");
    assert!(ask(&verifier, "8", None).await.is_err());
    assert_eq!(stands(&verifier), Circuit::HalfOpen);
    upi.reply(|| Ok(answer()));
    assert!(ask(&verifier, "9", None).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_fails_after_a_connection_opens_no_circuit() {
    let ends: [Script; 3] = [
        || Err(CallError::NotSent(cause())),
        || Err(CallError::Refused(cause())),
        || Err(CallError::Unknown(cause())),
    ];
    for end in ends {
        let upi = Upi::prompt(end);
        let (verifier, _tasks) = guarded(&upi, &healthy());
        for tag in 0..4 * FAILURES {
            let _ = ask(&verifier, &tag.to_string(), None).await;
        }
        assert_eq!(upi.posts(), 4 * FAILURES);
        assert_eq!(stands(&verifier), Circuit::Closed);
    }
}

#[tokio::test(start_paused = true)]
async fn answers_of_the_ledger_are_told_while_the_circuit_is_open() {
    let upi = Upi::prompt(|| Ok(answer()));
    let (verifier, _tasks) = guarded(&upi, &healthy());
    ask(&verifier, "9", None).await.unwrap();
    upi.reply(|| Err(CallError::NoConnection(cause())));
    fail(&verifier, 0..FAILURES).await;
    assert!(refused(&verifier, "8").await);
    assert!(ask(&verifier, "9", None).await.unwrap().replayed);
}
