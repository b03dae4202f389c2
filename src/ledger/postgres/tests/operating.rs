use std::time::Duration;

use super::server::Database;
use crate::domain::OrderId;
use crate::ledger::archive::{Archive as _, JournalPage, OrderPage, Resolution};
use crate::ledger::postgres::Postgres;
use crate::ledger::tests::{answer, claim, granted, rejection};
use crate::verify::port::{Claimed, Ledger as _, LedgerError, Settlement, State};

/// Four orders, each with another end, and one in flight.
async fn filled(ledger: &Postgres) -> Vec<OrderId> {
    let mut ids = Vec::new();
    let ends = [
        Settlement::Answered(answer(0)),
        Settlement::Answered(rejection(1)),
        Settlement::NotSent,
        Settlement::OutcomeUnknown,
    ];
    for (uuid, end) in (0..).zip(ends) {
        let attempt = granted(ledger, &uuid.to_string(), uuid).await;
        ledger.settle(&attempt, end).await.unwrap();
        ids.push(attempt.order_id);
    }
    ids.push(granted(ledger, "4", 4).await.order_id);
    ids
}

#[tokio::test]
async fn what_stands_there_is_counted_and_whole() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let ledger = database.open().await;
    filled(&ledger).await;
    ledger.beat().await.unwrap();
    let stats = ledger.stats().await.unwrap();
    let orders = [
        ("ANSWERED", 2),
        ("NOT_SENT", 1),
        ("OUTCOME_UNKNOWN", 1),
        ("SENDING", 1),
    ];
    assert_eq!(
        stats.orders,
        orders.map(|(state, count)| (state.to_owned(), count))
    );
    assert_eq!((stats.schema, stats.entries, stats.gateways), (4, 9, 1));
    assert!(stats.bytes.is_some() && stats.oldest_sending.is_some());
    assert_eq!(ledger.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn damage_is_found() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let ledger = database.open().await;
    let ids = filled(&ledger).await;
    let client = database.client().await;
    for (id, damage) in ids.iter().zip([
        "DELETE FROM journal WHERE order_id = $1",
        "DELETE FROM orders WHERE order_id = $1",
        "UPDATE orders SET digest = 'x' WHERE order_id = $1",
        "UPDATE journal SET event = 'PURGED' WHERE order_id = $1",
    ]) {
        client.execute(damage, &[&id.as_str()]).await.unwrap();
    }
    let flaws = ledger.check().await.unwrap().join("\n");
    for id in &ids[..4] {
        assert!(flaws.contains(id.as_str()), "{flaws}");
    }
    assert!(!flaws.contains(ids[4].as_str()), "{flaws}");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let ledger = database.open().await;
    let mut ids = filled(&ledger).await;
    ids.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    let mut page = OrderPage {
        limit: 2,
        ..OrderPage::default()
    };
    let mut found = Vec::new();
    loop {
        let orders = ledger.orders(page.clone()).await.unwrap();
        let Some(last) = orders.last() else { break };
        page.after = Some(last.order_id.clone());
        found.extend(orders.into_iter().map(|it| it.order_id));
    }
    assert_eq!(found, ids);
    let unknown = OrderPage {
        state: Some("OUTCOME_UNKNOWN"),
        limit: 9,
        ..OrderPage::default()
    };
    let unknown = ledger.orders(unknown).await.unwrap();
    assert_eq!(unknown.len(), 1);
    let page = JournalPage {
        order_id: Some(unknown[0].order_id.clone()),
        limit: 9,
        ..JournalPage::default()
    };
    let entries = ledger.journal(page).await.unwrap();
    assert_eq!(entries.len(), 2);
    assert!(entries[0].entry.contains("CLAIMED") && entries[1].entry.contains("UNKNOWN"));
}

#[tokio::test]
async fn an_operator_writes_down_what_became_of_an_unknown_order_alone() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let ledger = database.open().await;
    let ids = filled(&ledger).await;
    let resolution = |id: &OrderId| Resolution {
        order_id: id.clone(),
        resolved: "not-sent",
        note: "ticket 7".to_owned(),
    };
    ledger.resolve(resolution(&ids[3])).await.unwrap();
    for id in [&ids[0], &ids[2], &ids[4]] {
        let refused = ledger.resolve(resolution(id)).await;
        assert!(matches!(refused, Err(LedgerError::WrongState)));
    }
    // It is never sent again all the same.
    let claimed = ledger.claim(claim(&ledger, "3", 9)).await.unwrap();
    assert!(matches!(claimed, Claimed::Standing(_)));
}

#[tokio::test]
async fn old_texts_go_and_the_order_stays() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let ledger = database.open().await;
    let ids = filled(&ledger).await;
    assert_eq!(ledger.purge(Duration::from_secs(3600), 9).await.unwrap(), 0);
    assert_eq!(ledger.purge(Duration::ZERO, 3).await.unwrap(), 3);
    assert_eq!(ledger.purge(Duration::ZERO, 3).await.unwrap(), 1);
    assert_eq!(ledger.purge(Duration::ZERO, 3).await.unwrap(), 0);
    let record = ledger.find(&ids[0]).await.unwrap().unwrap();
    assert_eq!(
        (record.state, record.consent),
        (State::Answered(answer(0)), None)
    );
    let events = "SELECT string_agg(event, ' ' ORDER BY number) FROM journal";
    let purged = "CLAIMED PURGED PURGED PURGED PURGED";
    assert_eq!(database.value(events).await, purged);
    let claimed = ledger.claim(claim(&ledger, "1", 9)).await.unwrap();
    assert!(matches!(claimed, Claimed::Standing(_)));
    granted(&ledger, "2", 10).await;
    let record = ledger.find(&ids[2]).await.unwrap().unwrap();
    assert!(record.consent.is_some());
    assert_eq!(ledger.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn another_ledger_takes_everything_over_once() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let Some(other) = Database::fresh().await else {
        return;
    };
    let (from, to) = (database.open().await, other.open().await);
    filled(&from).await;
    let mut after = None;
    loop {
        let rows = from.copy(after, 2).await.unwrap();
        let Some(last) = rows.last() else { break };
        after = Some(last.row.id().unwrap());
        let count = rows.len() as u64;
        assert_eq!(to.import(rows.clone()).await.unwrap(), count);
        assert_eq!(to.import(rows).await.unwrap(), 0);
    }
    assert_eq!(
        to.copy(None, 9).await.unwrap(),
        from.copy(None, 9).await.unwrap()
    );
    assert_eq!(to.check().await.unwrap(), Vec::<String>::new());
}
