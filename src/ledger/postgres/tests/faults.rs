use std::time::Duration;

use super::server::{Database, PATIENCE, Server, open};
use crate::ledger::tests::{answer, claim, granted};
use crate::verify::port::{Claimed, Ledger as _, LedgerError, Settled, Settlement, State};

#[tokio::test]
async fn a_restart_of_the_server_is_survived() {
    let Some(server) = Server::own() else { return };
    let database = Database::on(server).await.unwrap();
    let mut settings = database.settings();
    settings.timeout = PATIENCE;
    let ledger = open(&settings).await.unwrap();
    let attempt = granted(&ledger, "1", 1).await;
    database.server.control(&["restart", "--mode=fast"]).await;
    granted(&ledger, "2", 2).await;
    let end = Settlement::Answered(answer(1));
    assert_eq!(ledger.settle(&attempt, end).await.unwrap(), Settled::InTime);
    database.server.control(&["stop", "--mode=immediate"]).await;
    // What is claimed while it is away is claimed when it is back.
    let (claimed, ()) = tokio::join!(
        ledger.claim(claim(&ledger, "3", 3)),
        database.server.control(&["start"])
    );
    assert!(matches!(claimed.unwrap(), Claimed::Granted));
}

#[tokio::test]
async fn a_server_that_is_away_wrote_nothing() {
    let Some(server) = Server::own() else { return };
    let database = Database::on(server).await.unwrap();
    let mut settings = database.settings();
    settings.timeout = Duration::from_millis(500);
    let ledger = open(&settings).await.unwrap();
    database.server.control(&["stop", "--mode=fast"]).await;
    // The connections that it had tell of their end on their own.
    let beaten = ledger.beat().await;
    assert!(beaten.is_err());
    let claimed = ledger.claim(claim(&ledger, "1", 1)).await;
    assert!(
        matches!(claimed, Err(LedgerError::Engine(_))),
        "{claimed:?}"
    );
}

#[tokio::test]
async fn what_waits_for_a_lock_too_long_was_certainly_not_written() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let mut settings = database.settings();
    settings.timeout = Duration::from_secs(4);
    let ledger = open(&settings).await.unwrap();
    let mut other = database.client().await;
    let lock = other.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let claimed = ledger.claim(claim(&ledger, "1", 1)).await;
    assert!(
        matches!(claimed, Err(LedgerError::Engine(_))),
        "{claimed:?}"
    );
    lock.commit().await.unwrap();
    let id = claim(&ledger, "1", 1).attempt.order_id;
    assert_eq!(ledger.find(&id).await.unwrap(), None);
}

#[tokio::test]
async fn who_gives_a_claim_up_leaves_no_connection_behind_that_is_busy() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let mut settings = database.settings();
    settings.postgres.connections = 1;
    let ledger = open(&settings).await.unwrap();
    let mut other = database.client().await;
    let lock = other.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let claiming = ledger.claim(claim(&ledger, "1", 1));
    let limit = Duration::from_millis(200);
    assert!(tokio::time::timeout(limit, claiming).await.is_err());
    ledger.beat().await.unwrap();
    // It needed another connection: the first one's server process waits still.
    let waiting = "SELECT count(*)::text FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    assert_eq!(database.value(waiting).await, "1");
    lock.commit().await.unwrap();
    assert_eq!(ledger.sweep().await.unwrap(), 0);
    let found = ledger
        .find(&claim(&ledger, "1", 1).attempt.order_id)
        .await
        .unwrap();
    assert!(found.is_none_or(|record| record.state == State::Sending));
}
