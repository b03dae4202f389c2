//! Many changes, few commits; and nobody is told before one.

use super::*;

#[tokio::test]
async fn what_waits_is_committed_together() {
    let home = Home::new();
    let ledger = Arc::new(home.ledger());
    let mut claims = tokio::task::JoinSet::new();
    for number in 0..200 {
        let ledger = Arc::clone(&ledger);
        claims.spawn(async move { granted(&ledger, &format!("{number}"), number).await });
    }
    claims.join_all().await;
    assert_eq!(home.commits.changes.load(Ordering::Relaxed), 200);
    let commits = home.commits.commits.load(Ordering::Relaxed);
    assert!(commits <= 100, "{commits}");
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
    let ledger = home.ledger();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let busy = ledger.core.writer.write(move |_| {
        begun.send(()).unwrap();
        may_go_on.recv().unwrap();
        Ok(())
    });
    let abandoned = ledger.claim(claim(&ledger, "1", 1));
    let mut busy = Box::pin(busy);
    let mut abandoned = Box::pin(abandoned);
    assert!(futures_util::poll!(&mut busy).is_pending());
    has_begun.recv().unwrap();
    assert!(futures_util::poll!(&mut abandoned).is_pending());
    drop(abandoned);
    go_on.send(()).unwrap();
    busy.await.unwrap();
    ledger.beat().await.unwrap();
    assert!(ledger.find(&order("1")).await.unwrap().is_none());
}
