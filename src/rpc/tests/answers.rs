//! Answers, and what of a request reaches the use case.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tonic::codec::CompressionEncoding;

use super::rig::{Setup, get, request, setup};
use crate::domain::{
    Answer, Category, Identity, Merchant, MerchantDraft, Method, Outcome, Rejection,
};
use crate::domain::{ResponseCode, Rules, Verification};
use crate::pb::verify_id_photo_response::Outcome as PbOutcome;
use crate::pb::{Merchant as PbMerchant, RejectionCategory, VerificationState};
use crate::verify::doubles::{Engine, Script, Upi, answer, cause};
use crate::verify::port::{
    Admission, Admitted, BoxFuture, CallError, Cause, Everyone, Gateway, SealError, Sealed,
    TurnedAway,
};
use crate::verify::{Limits, Verifier};

#[tokio::test]
async fn a_comparison_comes_back_and_is_replayed() {
    let rig = setup().start().await;
    let first = rig.client().verify_id_photo(request("1")).await.unwrap();
    let first = first.into_inner();
    let Some(PbOutcome::Comparison(comparison)) = &first.outcome else {
        panic!("no comparison");
    };
    assert_eq!(comparison.confidence, 97);
    assert_eq!(first.order_id, request("1").order_id);
    assert_eq!(first.upi_uuid, answer().upi_uuid);
    assert!(first.answered_at.is_some() && !first.replayed);
    let again = rig.client().verify_id_photo(request("1")).await.unwrap();
    assert!(again.into_inner().replayed);
    assert_eq!(rig.upi.posts(), 1);
}

#[tokio::test]
async fn a_rejection_is_an_answer_with_upis_words() {
    let upi = Upi::prompt(|| {
        let outcome = Outcome::Rejection(Rejection {
            category: Category::NotConfirmed,
            code: ResponseCode::parse("70").unwrap(),
            message: "not confirmed".to_owned(),
            detail: "no match".to_owned(),
        });
        Ok(Answer {
            outcome,
            ..answer()
        })
    });
    let rig = Setup { upi, ..setup() }.start().await;
    let told = rig.client().verify_id_photo(request("1")).await.unwrap();
    let Some(PbOutcome::Rejection(rejection)) = told.into_inner().outcome else {
        panic!("no rejection");
    };
    assert_eq!(rejection.category(), RejectionCategory::NotConfirmed);
    assert_eq!(
        (rejection.code.as_str(), rejection.detail.as_str()),
        ("70", "no match")
    );
    assert_eq!(rejection.message, "not confirmed");
}

#[tokio::test]
async fn validate_only_sends_nothing_and_takes_no_order() {
    let rig = setup().start().await;
    let mut checked = request("1");
    checked.validate_only = true;
    let told = rig
        .client()
        .verify_id_photo(checked)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((told.order_id, told.outcome), (request("1").order_id, None));
    assert_eq!(rig.upi.posts(), 0);
    assert!(rig.client().get_verification(get("1")).await.is_err());
}

#[tokio::test]
async fn get_verification_shows_state_answer_and_evidence() {
    let rig = setup().start().await;
    rig.client().verify_id_photo(request("1")).await.unwrap();
    let found = rig.client().get_verification(get("1")).await.unwrap();
    let found = found.into_inner();
    assert_eq!(found.state(), VerificationState::Answered);
    assert_eq!(found.order_id, request("1").order_id);
    let result = found.result.unwrap();
    assert!(result.replayed && result.outcome.is_some());
    assert_eq!(found.consent, request("1").consent);
    assert!(found.created_at.is_some() && found.updated_at.is_some());
}

#[tokio::test]
async fn every_state_of_an_order_is_told() {
    let scripts: [(Script, VerificationState); 2] = [
        (
            || Err(CallError::NotSent(cause())),
            VerificationState::NotSent,
        ),
        (
            || Err(CallError::Unknown(cause())),
            VerificationState::OutcomeUnknown,
        ),
    ];
    for (script, expected) in scripts {
        let upi = Upi::prompt(script);
        let rig = Setup { upi, ..setup() }.start().await;
        rig.failure(request("1")).await;
        let found = rig.client().get_verification(get("1")).await.unwrap();
        let found = found.into_inner();
        assert_eq!((found.state(), found.result), (expected, None));
    }
}

#[tokio::test]
async fn compressed_requests_are_accepted() {
    let rig = setup().start().await;
    for (tag, encoding) in [
        ("1", CompressionEncoding::Gzip),
        ("2", CompressionEncoding::Zstd),
    ] {
        let mut client = rig.client().send_compressed(encoding);
        assert!(
            client.verify_id_photo(request(tag)).await.is_ok(),
            "{encoding:?}"
        );
    }
}

/// Remembers whose merchant was sealed.
#[derive(Default)]
struct Recorder(Mutex<Vec<Option<Merchant>>>);

impl Gateway for Recorder {
    fn seal<'a>(&'a self, request: &'a Verification) -> BoxFuture<'a, Result<Sealed, SealError>> {
        self.0.lock().unwrap().push(request.merchant.clone());
        Box::pin(async {
            Ok(Sealed {
                jws_sha256: [0; 32],
                body: bytes::Bytes::new(),
                signature: String::new(),
                upi_uuid: String::new(),
            })
        })
    }

    fn send(&self, _: Sealed) -> BoxFuture<'_, Result<Answer, CallError>> {
        Box::pin(async { Ok(answer()) })
    }

    fn look(&self) -> BoxFuture<'_, Result<(), Cause>> {
        Box::pin(async { Ok(()) })
    }

    fn connections(&self) -> u64 {
        0
    }
}

fn merchant(id: &str) -> Merchant {
    let draft = MerchantDraft {
        id: id.to_owned(),
        name: "shop".to_owned(),
        category_code: "6011".to_owned(),
    };
    Merchant::parse(draft, &Rules::default()).unwrap()
}

#[tokio::test]
async fn the_configured_merchant_stands_in_for_an_absent_one_only() {
    use super::super::service::Methods;
    use crate::pb::id_photo_service_server::IdPhotoService as _;

    let recorder = Arc::new(Recorder::default());
    let limits = Limits {
        max_in_flight: 8,
        least_time: std::time::Duration::ZERO,
        ledger: Duration::from_secs(5),
        breaker_failures: 0,
    };
    let gateway = Arc::clone(&recorder) as Arc<dyn Gateway>;
    let methods = Methods {
        verifier: Verifier::new(gateway, Engine::failing(&[]), setup().observer, limits),
        observer: setup().observer,
        clock: setup().clock,
        rules: Rules::default(),
        merchant: Some(merchant("1")),
    };
    let mut named = request("2");
    named.merchant = Some(PbMerchant {
        id: "2".to_owned(),
        name: "shop".to_owned(),
        category_code: "6011".to_owned(),
    });
    for request in [request("1"), named] {
        methods
            .verify_id_photo(tonic::Request::new(request))
            .await
            .unwrap();
    }
    let sealed = recorder.0.lock().unwrap();
    assert_eq!(*sealed, [Some(merchant("1")), Some(merchant("2"))]);
}

/// Counts calls, and remembers who connected.
#[derive(Default)]
struct Guard {
    calls: AtomicUsize,
    peers: Mutex<Vec<SocketAddr>>,
}

impl Admission for Guard {
    fn trusts(&self, peer: SocketAddr) -> bool {
        self.peers.lock().unwrap().push(peer);
        false
    }

    fn admit(&self, identity: &Identity, method: Option<Method>) -> Result<Admitted, TurnedAway> {
        assert!(identity.is_none());
        self.calls.fetch_add(1, Ordering::SeqCst);
        Everyone.admit(identity, method)
    }
}

#[tokio::test]
async fn admission_is_asked_once_a_call_and_learns_the_peers_address() {
    let guard = Arc::new(Guard::default());
    let admission = Arc::clone(&guard) as Arc<dyn Admission>;
    let rig = Setup {
        admission,
        ..setup()
    }
    .start()
    .await;
    let mut client = rig.client();
    for _ in 0..2 {
        client.verify_id_photo(request("1")).await.unwrap();
    }
    assert_eq!(guard.calls.load(Ordering::SeqCst), 2);
    let peers = guard.peers.lock().unwrap();
    assert_eq!(peers.len(), 2);
    assert!(peers.iter().all(|peer| peer.ip().is_loopback()));
}
