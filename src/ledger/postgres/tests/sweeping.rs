use std::time::Duration;

use tokio::time::Instant;

use super::server::{Database, open};
use crate::ledger::tests::{answer, claim, granted};
use crate::verify::port::{Claimed, Ledger as _, LedgerError, Settled, Settlement, State};

const LATER: Duration = Duration::from_secs(61);

#[tokio::test]
async fn an_order_is_given_up_once_it_was_seen_in_flight_for_long_enough() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let (one, other) = (database.open().await, database.open().await);
    let attempt = granted(&one, "1", 1).await;
    let now = Instant::now();
    assert_eq!(other.sweep_at(now).await.unwrap(), 0);
    assert_eq!(other.sweep_at(now + LATER / 2).await.unwrap(), 0);
    assert_eq!(other.sweep_at(now + LATER).await.unwrap(), 1);
    assert_eq!(other.sweep_at(now + LATER * 2).await.unwrap(), 0);
    let record = other.find(&attempt.order_id).await.unwrap().unwrap();
    assert_eq!(record.state, State::OutcomeUnknown);
    // Its owner, which was only frozen, comes back.
    let end = Settlement::Answered(answer(1));
    assert_eq!(one.settle(&attempt, end).await.unwrap(), Settled::Late);
    let events = "SELECT string_agg(event, ' ' ORDER BY number) FROM journal";
    assert_eq!(
        database.value(events).await,
        "CLAIMED OUTCOME_UNKNOWN ANSWERED"
    );
}

#[tokio::test]
async fn a_swept_order_is_not_sendable() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let (one, other) = (database.open().await, database.open().await);
    granted(&one, "1", 1).await;
    let now = Instant::now();
    other.sweep_at(now).await.unwrap();
    assert_eq!(other.sweep_at(now + LATER).await.unwrap(), 1);
    let claimed = other.claim(claim(&other, "1", 2)).await.unwrap();
    assert!(matches!(claimed, Claimed::Standing(_)));
}

#[tokio::test]
async fn a_new_attempt_has_its_own_time() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let (one, other) = (database.open().await, database.open().await);
    let first = granted(&one, "1", 1).await;
    let now = Instant::now();
    other.sweep_at(now).await.unwrap();
    one.settle(&first, Settlement::NotSent).await.unwrap();
    granted(&one, "1", 2).await;
    assert_eq!(other.sweep_at(now + LATER).await.unwrap(), 0);
    assert_eq!(other.sweep_at(now + LATER * 2).await.unwrap(), 1);
}

#[tokio::test]
async fn two_that_sweep_at_once_give_each_order_up_once() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let (one, other) = (database.open().await, database.open().await);
    for order in 0..250 {
        granted(&one, &order.to_string(), order).await;
    }
    let now = Instant::now();
    one.sweep_at(now).await.unwrap();
    other.sweep_at(now).await.unwrap();
    let later = now + LATER;
    let (mine, theirs) = tokio::join!(one.sweep_at(later), other.sweep_at(later));
    assert_eq!(mine.unwrap() + theirs.unwrap(), 250);
    let entries = "SELECT count(*)::text FROM journal WHERE event = 'OUTCOME_UNKNOWN'";
    assert_eq!(database.value(entries).await, "250");
}

#[tokio::test]
async fn nobody_but_its_owner_settles_an_attempt() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let one = database.open().await;
    let other = open(&database.settings()).await.unwrap();
    let attempt = granted(&one, "1", 1).await;
    for end in [
        Settlement::NotSent,
        Settlement::Answered(answer(1)),
        Settlement::OutcomeUnknown,
    ] {
        let settled = other.settle(&attempt, end).await;
        assert!(matches!(settled, Err(LedgerError::WrongState)));
    }
    let record = one.find(&attempt.order_id).await.unwrap().unwrap();
    assert_eq!(record.state, State::Sending);
}
