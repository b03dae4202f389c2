//! The state machine of orders, the same for every engine.

use std::sync::Arc;

use super::MemoryLedger;
use crate::domain::{Answer, Confidence, MerchantDraft, OrderId, Outcome, Secret, sample};
use crate::verify::port::{Claim, Claimed, Ledger, LedgerError, Settlement, State, SystemClock};
use time::OffsetDateTime;

/// Every engine, each empty.
fn engines() -> Vec<Arc<dyn Ledger>> {
    vec![Arc::new(MemoryLedger::new(Arc::new(SystemClock)).unwrap())]
}

fn claim(ledger: &dyn Ledger, tag: &str) -> Claim {
    let request = sample::verification(tag);
    Claim {
        fingerprint: ledger.fingerprint(&request),
        order_id: request.order_id,
        consent: request.consent,
    }
}

fn answer() -> Answer {
    Answer {
        outcome: Outcome::Comparison(Confidence::new(1).unwrap()),
        upi_uuid: "0".repeat(32),
        answered_at: OffsetDateTime::UNIX_EPOCH,
    }
}

async fn granted(ledger: &dyn Ledger, tag: &str) -> OrderId {
    let claim = claim(ledger, tag);
    let id = claim.order_id.clone();
    assert!(matches!(
        ledger.claim(claim).await.unwrap(),
        Claimed::Granted
    ));
    id
}

async fn standing(ledger: &dyn Ledger, tag: &str) -> State {
    match ledger.claim(claim(ledger, tag)).await.unwrap() {
        Claimed::Standing(record) => record.state,
        Claimed::Granted => panic!("granted twice"),
    }
}

fn ends() -> [Settlement; 3] {
    [
        Settlement::Answered(answer()),
        Settlement::NotSent,
        Settlement::OutcomeUnknown,
    ]
}

#[tokio::test]
async fn a_claimed_order_is_not_granted_again() {
    for ledger in engines() {
        let id = granted(&*ledger, "1").await;
        assert_eq!(standing(&*ledger, "1").await, State::Claimed);
        ledger.sending(&id).await.unwrap();
        assert_eq!(standing(&*ledger, "1").await, State::Sending);
    }
}

#[tokio::test]
async fn an_ended_order_stands_unless_it_was_not_sent() {
    for ledger in engines() {
        for (tag, end) in ["1", "2", "3"].into_iter().zip(ends()) {
            let id = granted(&*ledger, tag).await;
            ledger.sending(&id).await.unwrap();
            ledger.settle(&id, end).await.unwrap();
        }
        assert_eq!(standing(&*ledger, "1").await, State::Answered(answer()));
        granted(&*ledger, "2").await;
        assert_eq!(standing(&*ledger, "3").await, State::OutcomeUnknown);
    }
}

#[tokio::test]
async fn an_order_not_sent_is_granted_for_the_same_content_only() {
    for ledger in engines() {
        let id = granted(&*ledger, "1").await;
        ledger.settle(&id, Settlement::NotSent).await.unwrap();
        let mut other = claim(&*ledger, "1");
        other.fingerprint.0[0] ^= 1;
        let refused = ledger.claim(other).await.unwrap();
        assert!(matches!(refused, Claimed::Standing(_)));
        granted(&*ledger, "1").await;
    }
}

#[tokio::test]
async fn only_a_sent_order_can_be_answered_or_unknown() {
    for ledger in engines() {
        let id = granted(&*ledger, "1").await;
        for end in [Settlement::Answered(answer()), Settlement::OutcomeUnknown] {
            let refused = ledger.settle(&id, end).await;
            assert!(matches!(refused, Err(LedgerError::WrongState)));
        }
    }
}

#[tokio::test]
async fn an_end_is_final() {
    for ledger in engines() {
        for (tag, end) in ["1", "2", "3"].into_iter().zip(ends()) {
            let id = granted(&*ledger, tag).await;
            ledger.sending(&id).await.unwrap();
            ledger.settle(&id, end).await.unwrap();
            for again in ends() {
                let refused = ledger.settle(&id, again).await;
                assert!(matches!(refused, Err(LedgerError::WrongState)));
            }
            assert!(matches!(
                ledger.sending(&id).await,
                Err(LedgerError::WrongState)
            ));
        }
    }
}

#[tokio::test]
async fn an_order_never_claimed_is_not_found_and_has_no_steps() {
    for ledger in engines() {
        let id = sample::verification("1").order_id;
        assert!(ledger.find(&id).await.unwrap().is_none());
        assert!(matches!(
            ledger.sending(&id).await,
            Err(LedgerError::WrongState)
        ));
    }
}

#[tokio::test]
async fn the_evidence_is_kept() {
    for ledger in engines() {
        let id = granted(&*ledger, "1").await;
        let record = ledger.find(&id).await.unwrap().unwrap();
        assert_eq!(record.consent, sample::verification("1").consent);
        assert!(record.created_at <= record.updated_at);
    }
}

#[test]
fn every_part_of_the_content_changes_the_fingerprint() {
    for ledger in engines() {
        let original = ledger.fingerprint(&sample::verification("1"));
        assert_eq!(ledger.fingerprint(&sample::verification("2")), original);
        let mut drafts: Vec<_> = (0..8).map(|_| sample::draft("1")).collect();
        drafts[0].name = Secret::new("李磊".to_owned());
        drafts[1].id_number = Secret::new("440524188001010014".to_owned());
        drafts[2].consent.usage_scenario.push('x');
        drafts[3].consent.purpose.push('x');
        drafts[4].consent.agreement_version.push('x');
        drafts[5].consent.agreement_serial.push('x');
        drafts[6].photo = longer(&drafts[6].photo);
        drafts[7].merchant = Some(MerchantDraft {
            id: "1".to_owned(),
            name: "shop".to_owned(),
            category_code: "1234".to_owned(),
        });
        for draft in drafts {
            assert_ne!(ledger.fingerprint(&sample::check(draft)), original);
        }
    }
}

#[test]
fn text_moved_between_neighbours_changes_the_fingerprint() {
    for ledger in engines() {
        let [mut one, mut other] = [sample::draft("1"), sample::draft("1")];
        (one.consent.usage_scenario, one.consent.purpose) = ("abc".into(), "def".into());
        (other.consent.usage_scenario, other.consent.purpose) = ("abcd".into(), "ef".into());
        assert_ne!(
            ledger.fingerprint(&sample::check(one)),
            ledger.fingerprint(&sample::check(other))
        );
    }
}

#[test]
fn two_ledgers_do_not_share_a_key() {
    let request = sample::verification("1");
    let [one, other] = [engines().remove(0), engines().remove(0)];
    assert_ne!(one.fingerprint(&request), other.fingerprint(&request));
}

/// The sample photo with a second IDAT chunk.
fn longer(png: &[u8]) -> bytes::Bytes {
    let end = png.len() - 12;
    let chunk = &png[8 + 25..end];
    [&png[..end], chunk, &png[end..]].concat().into()
}
