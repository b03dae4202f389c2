//! What a process leaves that dies.

use super::*;

#[tokio::test]
async fn what_was_in_flight_when_a_process_died_is_unknown_and_never_granted_again() {
    let home = Home::new();
    let ledger = home.ledger();
    // More than one batch.
    for number in 0..300 {
        granted(&ledger, &format!("{number}"), number).await;
    }
    ended(&ledger, "done", 1000, answered(1000)).await;
    let dead = attempt("0", 0);
    drop(ledger);

    let ledger = home.ledger();
    assert_eq!(home.commits.swept.load(Ordering::Relaxed), 300);
    assert_eq!(state(&ledger, "0").await, State::OutcomeUnknown);
    assert_eq!(state(&ledger, "299").await, State::OutcomeUnknown);
    assert!(matches!(state(&ledger, "done").await, State::Answered(_)));
    let again = ledger.claim(claim(&ledger, "0", 7)).await.unwrap();
    assert!(matches!(again, Claimed::Standing(_)));
    // It is another process now, which cannot speak for the dead one.
    let settled = ledger.settle(&dead, Settlement::NotSent).await;
    assert!(matches!(settled, Err(LedgerError::WrongState)));
    let events = events(&ledger).await;
    let unknown = events
        .iter()
        .filter(|(event, _)| event == "OUTCOME_UNKNOWN");
    assert_eq!(unknown.count(), 300);
    assert!(ledger.core.check().await.unwrap().is_empty());
    assert_eq!(ledger.sweep().await.unwrap(), 0);
}
