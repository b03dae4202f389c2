//! What operators do.

use super::*;
use crate::domain::{Category, Rejection, ResponseCode};
use crate::ledger::archive::Resolution;

const DAYS: Duration = Duration::days(1);
const KEEP: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

fn rejected(uuid: u128) -> Settlement {
    Settlement::Answered(Answer {
        outcome: Outcome::Rejection(Rejection {
            category: Category::NotConfirmed,
            code: ResponseCode::parse("70").unwrap(),
            message: "canary-message".to_owned(),
            detail: "canary-detail".to_owned(),
        }),
        upi_uuid: format!("{uuid:032x}"),
        answered_at: OffsetDateTime::UNIX_EPOCH,
    })
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn old_orders_lose_their_texts_and_stay_as_they_ended() {
    let home = Home::new();
    let ledger = home.ledger();
    ended(&ledger, "old", 1, rejected(1)).await;
    ended(&ledger, "free", 2, Settlement::NotSent).await;
    granted(&ledger, "sending", 3).await;
    home.put_forward(2 * DAYS);
    ended(&ledger, "new", 4, rejected(4)).await;

    assert_eq!(ledger.core.purge(KEEP, 1).await.unwrap(), 1);
    assert_eq!(ledger.core.purge(KEEP, 10).await.unwrap(), 1);
    assert_eq!(ledger.core.purge(KEEP, 10).await.unwrap(), 0);

    let old = ledger.find(&order("old")).await.unwrap().unwrap();
    assert_eq!(old.consent, None);
    let State::Answered(answer) = old.state else {
        panic!("{:?}", old.state)
    };
    let Outcome::Rejection(rejection) = answer.outcome else {
        panic!("{:?}", answer.outcome)
    };
    assert_eq!(rejection.code.as_str(), "70");
    assert_eq!(
        (rejection.message.as_str(), rejection.detail.as_str()),
        ("", "")
    );
    let again = ledger.claim(claim(&ledger, "old", 9)).await.unwrap();
    assert!(matches!(again, Claimed::Standing(_)));

    let of = |tag: &str| order(tag).to_string();
    let expected = [
        ("CLAIMED", of("sending")),
        ("CLAIMED", of("new")),
        ("ANSWERED", of("new")),
    ];
    let (purged, others): (Vec<_>, Vec<_>) = events(&ledger)
        .await
        .into_iter()
        .partition(|(event, _)| event == "PURGED");
    let expected = expected.map(|(event, id)| (event.to_owned(), id));
    assert_eq!(others, expected);
    assert_eq!(purged.len(), 2);
    assert!(ledger.core.check().await.unwrap().is_empty());

    // A tombstone that is NOT_SENT can be claimed again, and then has a consent again.
    granted(&ledger, "free", 10).await;
    let free = ledger.find(&order("free")).await.unwrap().unwrap();
    assert!(free.consent.is_some());
    assert_eq!(free.attempts, 2);
}

#[tokio::test]
async fn what_was_purged_is_in_no_file_once_the_gateway_ended() {
    let home = Home::new();
    let ledger = home.ledger();
    ended(&ledger, "old", 1, rejected(1)).await;
    assert!(contains(&bytes(&home), "canary-message"));
    home.put_forward(2 * DAYS);
    assert_eq!(ledger.core.purge(KEEP, 10).await.unwrap(), 1);
    drop(ledger);
    assert!(!contains(&bytes(&home), "canary-message"));
}

#[tokio::test]
async fn nothing_personal_is_in_any_file() {
    let home = Home::new();
    let ledger = home.ledger();
    ended(&ledger, "1", 1, rejected(1)).await;
    granted(&ledger, "2", 2).await;
    let request = sample::verification("1");
    let photo = request.photo.bytes();
    let plain = blake3::hash(photo).to_hex();
    let look = |bytes: &[u8]| {
        assert!(contains(bytes, order("1").as_str()));
        for text in [
            request.person.name.expose(),
            request.person.id_number.expose(),
        ] {
            assert!(!contains(bytes, text));
        }
        assert!(!bytes.windows(32).any(|window| window == &photo[..32]));
        assert!(!contains(bytes, plain.as_str()));
    };
    // With the log, and without it.
    look(&bytes(&home));
    drop(ledger);
    look(&bytes(&home));
}

#[tokio::test]
async fn texts_that_are_not_to_be_kept_are_in_no_file() {
    let home = Home::new();
    let settings = Settings {
        keep_texts: false,
        ..home.settings()
    };
    let ledger = home.open_with(settings).unwrap();
    let attempt = granted(&ledger, "1", 1).await;
    ledger.settle(&attempt, rejected(1)).await.unwrap();
    // The same end again, which has texts that the row has not.
    let again = ledger.settle(&attempt, rejected(1)).await.unwrap();
    assert_eq!(again, crate::verify::port::Settled::Already);
    assert!(!contains(&bytes(&home), "canary"));
}

#[tokio::test]
async fn rows_move_to_another_ledger_as_they_are_once() {
    let (home, other) = (Home::new(), Home::new());
    let ledger = home.ledger();
    ended(&ledger, "1", 1, rejected(1)).await;
    ended(&ledger, "2", 2, Settlement::NotSent).await;
    granted(&ledger, "3", 3).await;
    let first = ledger.core.copy(None, 2).await.unwrap();
    let after = first.last().unwrap().row.id().unwrap();
    let second = ledger.core.copy(Some(after), 2).await.unwrap();
    assert_eq!((first.len(), second.len()), (2, 1));

    std::fs::copy(home.path("ledger.db.key"), other.path("ledger.db.key")).unwrap();
    let target = other.ledger();
    let all = [first, second].concat();
    assert_eq!(target.core.import(all.clone()).await.unwrap(), 3);
    assert_eq!(target.core.import(all.clone()).await.unwrap(), 0);
    assert_eq!(target.core.copy(None, 10).await.unwrap(), all);
    assert_eq!(events(&target).await.len(), events(&ledger).await.len());
    assert!(target.core.check().await.unwrap().is_empty());
    granted(&target, "2", 4).await;
}

#[tokio::test]
async fn pages_of_orders_and_of_the_journal() {
    let home = Home::new();
    let ledger = home.ledger();
    ended(&ledger, "1", 1, answered(1)).await;
    ended(&ledger, "2", 2, Settlement::OutcomeUnknown).await;
    home.put_forward(2 * DAYS);
    ended(&ledger, "3", 3, Settlement::OutcomeUnknown).await;
    let page = OrderPage {
        state: Some("OUTCOME_UNKNOWN"),
        limit: 10,
        ..OrderPage::default()
    };
    let all = ledger.core.orders(page.clone()).await.unwrap();
    let ids = |listed: &[crate::ledger::archive::Listed]| {
        let ids = listed.iter().map(|it| it.order_id.clone());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids(&all), [order("2"), order("3")]);
    let recent = OrderPage {
        since: Some(home.clock.now() - DAYS),
        ..page.clone()
    };
    let recent = ledger.core.orders(recent).await.unwrap();
    assert_eq!(ids(&recent), [order("3")]);
    let rest = OrderPage {
        after: Some(order("2")),
        ..page
    };
    assert_eq!(ids(&ledger.core.orders(rest).await.unwrap()), [order("3")]);

    let page = JournalPage {
        order_id: Some(order("2")),
        limit: 10,
        ..JournalPage::default()
    };
    let of_order = ledger.core.journal(page.clone()).await.unwrap();
    assert_eq!(of_order.len(), 2);
    let rest = JournalPage {
        after: of_order[0].number,
        ..page
    };
    assert_eq!(ledger.core.journal(rest).await.unwrap(), of_order[1..]);
    let recent = JournalPage {
        since: Some(home.clock.now() - DAYS),
        limit: 1,
        ..JournalPage::default()
    };
    let recent = ledger.core.journal(recent).await.unwrap();
    assert!(recent[0].entry.contains(order("3").as_str()));
}

#[tokio::test]
async fn what_support_said_is_noted_and_the_order_stays_unknown() {
    let home = Home::new();
    let ledger = home.ledger();
    ended(&ledger, "1", 1, Settlement::OutcomeUnknown).await;
    ended(&ledger, "2", 2, answered(2)).await;
    let resolution = |tag: &str| Resolution {
        order_id: order(tag),
        resolved: "not-sent",
        note: "ticket 7".to_owned(),
    };
    ledger.core.resolve(resolution("1")).await.unwrap();
    assert_eq!(state(&ledger, "1").await, State::OutcomeUnknown);
    let again = ledger.claim(claim(&ledger, "1", 3)).await.unwrap();
    assert!(matches!(again, Claimed::Standing(_)));
    for wrong in ["2", "3"] {
        let resolved = ledger.core.resolve(resolution(wrong)).await;
        assert!(matches!(resolved, Err(LedgerError::WrongState)));
    }
    let events = events(&ledger).await;
    let resolved = events.iter().filter(|(event, _)| event == "RESOLVED");
    assert_eq!(resolved.count(), 1);
}

#[tokio::test]
async fn numbers_of_everything() {
    let home = Home::new();
    let ledger = home.ledger();
    ended(&ledger, "1", 1, answered(1)).await;
    granted(&ledger, "2", 2).await;
    ledger.beat().await.unwrap();
    let stats = ledger.core.stats().await.unwrap();
    let orders = [("ANSWERED".to_owned(), 1), ("SENDING".to_owned(), 1)];
    assert_eq!(stats.orders, orders);
    assert_eq!((stats.schema, stats.entries, stats.gateways), (4, 3, 1));
    assert!(stats.bytes > Some(4096));
    assert!(stats.oldest_sending.is_some());
}

#[tokio::test]
async fn a_check_names_the_rows_that_cannot_be() {
    let home = Home::new();
    let ledger = home.ledger();
    for (number, tag) in ["1", "2", "3"].into_iter().enumerate() {
        ended(&ledger, tag, number as u128, answered(number as u128)).await;
    }
    let raw = home.raw();
    let id = |tag| order(tag).to_string();
    raw.execute(
        "UPDATE orders SET confidence = 101 WHERE order_id = ?1",
        [id("1")],
    )
    .unwrap();
    raw.execute("DELETE FROM journal WHERE order_id = ?1", [id("2")])
        .unwrap();
    raw.execute(
        "UPDATE journal SET at = at + 1 WHERE order_id = ?1",
        [id("3")],
    )
    .unwrap();
    let flaws = ledger.core.check().await.unwrap().join("\n");
    for (tag, flaw) in [
        ("1", "the column confidence of an order is damaged"),
        ("2", "stands in no entry of the journal"),
        ("3", "contradicts its columns"),
    ] {
        let named = flaws
            .lines()
            .any(|line| line.contains(&id(tag)) && line.contains(flaw));
        assert!(named, "{tag}: {flaws}");
    }
    assert!(ledger.find(&order("1")).await.is_err());
}
