//! Many changes, few commits; and nobody is told before one.

use super::*;
use crate::verify::port::BoxFuture;
use futures_util::FutureExt as _;
use tokio::sync::oneshot;

/// Keeps the writer busy until it is told to go on.
async fn busy(
    ledger: &Arc<SqliteLedger>,
) -> (std::sync::mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
    let (begun, has_begun) = oneshot::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel();
    let ledger = Arc::clone(ledger);
    let busy = tokio::spawn(async move {
        let work = move |_: &Connection| {
            begun.send(()).unwrap();
            may_go_on.recv().unwrap();
            Ok(())
        };
        ledger.core.writer.write(work).await.unwrap();
    });
    has_begun.await.unwrap();
    (go_on, busy)
}

/// Two hundred claims that are on their way to the writer.
fn waiting(ledger: &Arc<SqliteLedger>) -> Vec<BoxFuture<'static, Attempt>> {
    let claims = (0..200).map(|number| {
        let ledger = Arc::clone(ledger);
        let mut claim: BoxFuture<'static, _> =
            Box::pin(async move { granted(&ledger, &format!("{number}"), number).await });
        assert!(claim.as_mut().now_or_never().is_none());
        claim
    });
    claims.collect()
}

#[tokio::test]
async fn what_waits_is_committed_together() {
    let home = Home::new();
    let ledger = Arc::new(home.ledger());
    let (go_on, busy) = busy(&ledger).await;
    let claims = waiting(&ledger);
    go_on.send(()).unwrap();
    for claim in claims {
        claim.await;
    }
    busy.await.unwrap();
    assert_eq!(home.commits.changes.load(Ordering::Relaxed), 201);
    assert_eq!(home.commits.commits.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn changes_gather_until_a_thread_is_idle() {
    static WORKERS: Workers = Workers::busy(std::time::Duration::MAX);
    let home = Home::new();
    let workers = &WORKERS;
    let settings = Settings {
        workers,
        ..home.settings()
    };
    let ledger = Arc::new(home.open_with(settings).unwrap());
    let claims = waiting(&ledger);
    workers.parks();
    for claim in claims {
        claim.await;
    }
    assert_eq!(home.commits.changes.load(Ordering::Relaxed), 200);
    assert_eq!(home.commits.commits.load(Ordering::Relaxed), 1);
}

/// Looks from outside, since a reader of ours might see what is not durable.
#[tokio::test]
async fn a_claim_that_was_granted_is_committed() {
    let home = Home::new();
    let ledger = home.ledger();
    let outside = home.raw();
    for number in 0..50 {
        let attempt = granted(&ledger, &format!("{number}"), number).await;
        let id = attempt.order_id.as_str();
        let found = outside.query_row(
            "SELECT state FROM orders WHERE order_id = ?1",
            [id],
            |row| row.get::<_, String>(0),
        );
        assert_eq!(found.as_deref(), Ok("SENDING"));
    }
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_not_done() {
    let home = Home::new();
    let ledger = Arc::new(home.ledger());
    let (go_on, busy) = busy(&ledger).await;
    let mut abandoned = Box::pin(ledger.claim(claim(&ledger, "1", 1)));
    assert!(futures_util::poll!(&mut abandoned).is_pending());
    drop(abandoned);
    go_on.send(()).unwrap();
    busy.await.unwrap();
    ledger.beat().await.unwrap();
    assert!(ledger.find(&order("1")).await.unwrap().is_none());
}
