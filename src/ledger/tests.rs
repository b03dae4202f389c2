//! The state machine of orders, the same for every engine.

use std::sync::Arc;
use std::time::Duration;

use super::postgres::tests::Database;
use super::{
    Calendar, FingerprintKey, Fingerprinter, Location, MemoryLedger, PostgresSettings, Settings,
    open,
};
use crate::domain::{
    Answer, Budget, CallerName, Category, Confidence, MerchantDraft, Outcome, Rejection,
    ResponseCode, Secret, sample,
};
use crate::observe::{Nobody, Observer};
use crate::verify::port::{
    Attempt, Claim, Claimed, Clock, Ledger, LedgerError, Record, Settled, Settlement, State,
    SystemClock,
};
use time::OffsetDateTime;

mod budgets;

/// An engine, and what has to live as long.
struct Engine {
    ledger: Arc<dyn Ledger>,
    _home: Box<dyn Send>,
}

impl std::ops::Deref for Engine {
    type Target = dyn Ledger;

    fn deref(&self) -> &Self::Target {
        &*self.ledger
    }
}

/// Every engine, each empty.
async fn engines() -> Vec<Engine> {
    let mut engines = vec![
        Engine {
            ledger: memory(Fingerprinter::ephemeral().unwrap()),
            _home: Box::new(()),
        },
        sqlite().await,
    ];
    if let Some(database) = Database::fresh().await {
        engines.push(Engine {
            ledger: Arc::new(database.open().await),
            _home: Box::new(database),
        });
    }
    engines
}

async fn sqlite() -> Engine {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("ledger.db");
    let settings = settings(Location::Sqlite(path));
    let (clock, observer) = surroundings();
    let opened = open(&settings, &clock, &observer).await.unwrap();
    Engine {
        ledger: opened.ledger,
        _home: Box::new(home),
    }
}

/// What engines work with.
pub(super) fn surroundings() -> (Arc<dyn Clock>, Arc<dyn Observer>) {
    (Arc::new(SystemClock), Arc::new(Nobody))
}

/// What engines are opened with.
pub(super) fn settings(location: Location) -> Settings {
    Settings {
        location,
        member: "00520446".to_owned(),
        timeout: Duration::from_secs(30),
        sweep_after: Duration::from_secs(60),
        calendar: Calendar::default(),
        keep_texts: true,
        keys: Vec::new(),
        postgres: PostgresSettings {
            password: None,
            ca_pem: None,
            tls: false,
            connections: 4,
        },
    }
}

fn memory(fingerprinter: Fingerprinter) -> Arc<dyn Ledger> {
    Arc::new(MemoryLedger::new(Arc::new(SystemClock), fingerprinter))
}

/// A claim of the order `tag`, which is going to be sent as `uuid`.
pub fn claim(ledger: &dyn Ledger, tag: &str, uuid: u128) -> Claim {
    claim_for(ledger, tag, uuid, None)
}

/// The same on behalf of a caller that has a name.
pub fn claim_for(ledger: &dyn Ledger, tag: &str, uuid: u128, caller: Option<&str>) -> Claim {
    let mut request = sample::verification(tag);
    request.caller = caller.and_then(CallerName::parse);
    Claim {
        digest: ledger.fingerprint(&request).current(),
        attempt: Attempt {
            order_id: request.order_id,
            upi_uuid: format!("{uuid:032x}"),
        },
        consent: request.consent,
        jws_sha256: [7; 32],
        caller: request.caller,
        budget: Budget::default(),
    }
}

pub fn answer(uuid: u128) -> Answer {
    Answer {
        outcome: Outcome::Comparison(Confidence::new(1).unwrap()),
        upi_uuid: format!("{uuid:032x}"),
        answered_at: OffsetDateTime::UNIX_EPOCH,
    }
}

pub fn rejection(uuid: u128) -> Answer {
    Answer {
        outcome: Outcome::Rejection(Rejection {
            category: Category::NotConfirmed,
            code: ResponseCode::parse("70").unwrap(),
            message: "not \"confirmed\" 户".to_owned(),
            detail: String::new(),
        }),
        ..answer(uuid)
    }
}

pub async fn granted(ledger: &dyn Ledger, tag: &str, uuid: u128) -> Attempt {
    let claim = claim(ledger, tag, uuid);
    let attempt = claim.attempt.clone();
    let claimed = ledger.claim(claim).await.unwrap();
    assert!(matches!(claimed, Claimed::Granted));
    attempt
}

async fn standing(ledger: &dyn Ledger, tag: &str) -> Record {
    match ledger.claim(claim(ledger, tag, 99)).await.unwrap() {
        Claimed::Standing(record) => *record,
        other => panic!("{other:?}"),
    }
}

fn ends(uuid: u128) -> [Settlement; 4] {
    [
        Settlement::Answered(answer(uuid)),
        Settlement::Answered(rejection(uuid)),
        Settlement::NotSent,
        Settlement::OutcomeUnknown,
    ]
}

#[tokio::test]
async fn a_claimed_order_is_not_granted_again() {
    for ledger in engines().await {
        granted(&*ledger, "1", 1).await;
        assert_eq!(standing(&*ledger, "1").await.state, State::Sending);
        granted(&*ledger, "2", 2).await;
    }
}

#[tokio::test]
async fn an_end_stands_and_only_not_sent_can_be_claimed_again() {
    for ledger in engines().await {
        for (tag, end) in ["1", "2", "3", "4"].into_iter().zip(ends(1)) {
            let attempt = granted(&*ledger, tag, 1).await;
            let settled = ledger.settle(&attempt, end.clone()).await.unwrap();
            assert_eq!(settled, Settled::InTime);
            let record = ledger.find(&attempt.order_id).await.unwrap().unwrap();
            assert_eq!((record.state, record.attempts), (end.clone().into(), 1));
            if end == Settlement::NotSent {
                granted(&*ledger, tag, 2).await;
                let record = ledger.find(&attempt.order_id).await.unwrap().unwrap();
                assert_eq!((record.state, record.attempts), (State::Sending, 2));
                assert_eq!(record.upi_uuid, format!("{:032x}", 2));
            } else {
                assert_eq!(standing(&*ledger, tag).await.state, end.into());
            }
        }
    }
}

#[tokio::test]
async fn an_order_not_sent_is_granted_for_the_same_content_only() {
    for ledger in engines().await {
        let attempt = granted(&*ledger, "1", 1).await;
        ledger.settle(&attempt, Settlement::NotSent).await.unwrap();
        let mut other = claim(&*ledger, "1", 2);
        other.digest.value[0] ^= 1;
        let refused = ledger.claim(other).await.unwrap();
        assert!(matches!(refused, Claimed::Standing(_)));
        let mut other = claim(&*ledger, "1", 2);
        other.digest.key.0[0] ^= 1;
        let refused = ledger.claim(other).await.unwrap();
        assert!(matches!(refused, Claimed::Standing(_)));
        granted(&*ledger, "1", 2).await;
    }
}

#[tokio::test]
async fn the_same_end_twice_is_no_error_and_another_one_is() {
    for ledger in engines().await {
        for (tag, end) in ["1", "2", "3"].into_iter().zip(ends(1)) {
            let attempt = granted(&*ledger, tag, 1).await;
            ledger.settle(&attempt, end.clone()).await.unwrap();
            for again in ends(1) {
                let settled = ledger.settle(&attempt, again.clone()).await;
                if again == end {
                    assert_eq!(settled.unwrap(), Settled::Already);
                } else {
                    assert!(matches!(settled, Err(LedgerError::WrongState)), "{again:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn who_was_given_up_still_has_a_word() {
    for ledger in engines().await {
        for (tag, end) in ["1", "2", "3", "4"].into_iter().zip(ends(1)) {
            let attempt = granted(&*ledger, tag, 1).await;
            let unknown = Settlement::OutcomeUnknown;
            ledger.settle(&attempt, unknown.clone()).await.unwrap();
            let settled = ledger.settle(&attempt, end.clone()).await.unwrap();
            let expected = match end == unknown {
                true => Settled::Already,
                false => Settled::Late,
            };
            assert_eq!(settled, expected);
            let record = ledger.find(&attempt.order_id).await.unwrap().unwrap();
            assert_eq!(record.state, end.into());
        }
    }
}

#[tokio::test]
async fn an_earlier_attempt_has_no_word_any_more() {
    for ledger in engines().await {
        let first = granted(&*ledger, "1", 1).await;
        ledger.settle(&first, Settlement::NotSent).await.unwrap();
        granted(&*ledger, "1", 2).await;
        for end in ends(1) {
            let settled = ledger.settle(&first, end).await;
            assert!(matches!(settled, Err(LedgerError::WrongState)));
        }
        assert_eq!(standing(&*ledger, "1").await.state, State::Sending);
    }
}

#[tokio::test]
async fn an_order_never_claimed_is_not_found_and_has_no_end() {
    for ledger in engines().await {
        let attempt = claim(&*ledger, "1", 1).attempt;
        assert!(ledger.find(&attempt.order_id).await.unwrap().is_none());
        for end in ends(1) {
            let settled = ledger.settle(&attempt, end).await;
            assert!(matches!(settled, Err(LedgerError::WrongState)));
        }
    }
}

#[tokio::test]
async fn of_a_hundred_claims_at_once_one_is_granted() {
    for ledger in engines().await {
        let mut claims = tokio::task::JoinSet::new();
        for uuid in 0..100 {
            let ledger = Arc::clone(&ledger.ledger);
            claims.spawn(async move { ledger.claim(claim(&*ledger, "1", uuid)).await.unwrap() });
        }
        let claimed = claims.join_all().await;
        let granted = claimed.iter().filter(|it| matches!(it, Claimed::Granted));
        assert_eq!(granted.count(), 1);
    }
}

#[tokio::test]
async fn the_evidence_is_kept() {
    for ledger in engines().await {
        let attempt = granted(&*ledger, "1", 1).await;
        let record = ledger.find(&attempt.order_id).await.unwrap().unwrap();
        assert_eq!(record.consent, Some(sample::verification("1").consent));
        assert_eq!(record.upi_uuid, attempt.upi_uuid);
        assert!(record.created_at <= record.updated_at);
    }
}

#[tokio::test]
async fn nothing_of_a_living_owner_is_swept() {
    for ledger in engines().await {
        granted(&*ledger, "1", 1).await;
        ledger.beat().await.unwrap();
        assert_eq!(ledger.sweep().await.unwrap(), 0);
        assert_eq!(standing(&*ledger, "1").await.state, State::Sending);
    }
}

#[test]
fn an_older_key_still_tells_contents_apart() {
    let (old, new) = (
        FingerprintKey::random().unwrap(),
        FingerprintKey::random().unwrap(),
    );
    let before = Fingerprinter::new(old.clone(), Vec::new());
    let after = Fingerprinter::new(new, vec![old]);
    let request = sample::verification("1");
    let recorded = before.digest(&request).current();
    assert_eq!(after.digest(&request).under(recorded.key), Some(recorded));
    assert_ne!(after.digest(&request).current(), recorded);
    let unrelated = Fingerprinter::ephemeral().unwrap().digest(&request);
    assert_eq!(unrelated.under(recorded.key), None);
}

#[test]
fn a_key_file_holds_64_hex_digits() {
    let key = FingerprintKey::random().unwrap();
    let again = FingerprintKey::parse(key.to_text().as_bytes()).unwrap();
    assert_eq!(again.id(), key.id());
    for bad in ["", "00", &"0".repeat(63), &"g".repeat(64), &"0".repeat(65)] {
        assert!(FingerprintKey::parse(bad.as_bytes()).is_none(), "{bad}");
    }
}

#[test]
fn every_part_of_the_content_changes_the_fingerprint() {
    let ledger = Fingerprinter::ephemeral().unwrap();
    let original = ledger.digest(&sample::verification("1"));
    assert_eq!(ledger.digest(&sample::verification("2")), original);
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
        assert_ne!(ledger.digest(&sample::check(draft)), original);
    }
}

#[test]
fn every_caller_has_fingerprints_of_its_own() {
    let ledger = Fingerprinter::ephemeral().unwrap();
    let digests = [None, Some("loans"), Some("cards")].map(|name| {
        let mut request = sample::verification("1");
        request.caller = name.and_then(CallerName::parse);
        ledger.digest(&request).current().value
    });
    assert_ne!(digests[0], digests[1]);
    assert_ne!(digests[0], digests[2]);
    assert_ne!(digests[1], digests[2]);
}

#[tokio::test]
async fn an_order_stays_with_the_caller_that_claimed_it() {
    for engine in engines().await {
        let ledger = &*engine.ledger;
        let first = claim_for(ledger, "1", 1, Some("loans"));
        let attempt = first.attempt.clone();
        assert!(matches!(
            ledger.claim(first).await.unwrap(),
            Claimed::Granted
        ));
        ledger.settle(&attempt, Settlement::NotSent).await.unwrap();
        for other in [Some("cards"), None] {
            let claimed = ledger.claim(claim_for(ledger, "1", 2, other)).await;
            let Claimed::Standing(record) = claimed.unwrap() else {
                panic!("{other:?} got it");
            };
            assert_eq!(record.caller, CallerName::parse("loans"));
        }
        let again = claim_for(ledger, "1", 3, Some("loans"));
        assert!(matches!(
            ledger.claim(again).await.unwrap(),
            Claimed::Granted
        ));
        let record = ledger.find(&attempt.order_id).await.unwrap().unwrap();
        assert_eq!(
            (record.caller, record.attempts),
            (CallerName::parse("loans"), 2)
        );
    }
}

#[test]
fn text_moved_between_neighbours_changes_the_fingerprint() {
    let ledger = Fingerprinter::ephemeral().unwrap();
    let [mut one, mut other] = [sample::draft("1"), sample::draft("1")];
    (one.consent.usage_scenario, one.consent.purpose) = ("abc".into(), "def".into());
    (other.consent.usage_scenario, other.consent.purpose) = ("abcd".into(), "ef".into());
    assert_ne!(
        ledger.digest(&sample::check(one)),
        ledger.digest(&sample::check(other))
    );
}

#[test]
fn two_keys_have_nothing_in_common() {
    let request = sample::verification("1");
    let [one, other] = [(); 2].map(|()| Fingerprinter::ephemeral().unwrap().digest(&request));
    assert_ne!(one.current().value, other.current().value);
    assert_ne!(one.current().key, other.current().key);
}

/// The sample photo with a second IDAT chunk.
fn longer(png: &[u8]) -> bytes::Bytes {
    let end = png.len() - 12;
    let chunk = &png[8 + 25..end];
    [&png[..end], chunk, &png[end..]].concat().into()
}
