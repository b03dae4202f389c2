//! The promises of the use case, each with its fault.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::doubles::{Engine, Upi, answer, cause};
use super::error::{Dispatch, NotSent, VerifyError};
use super::port::{Asker, CallError, Gateway, State};
use super::{FindError, Limits, Ticket, Upstream, Verified, Verifier};
use crate::domain::{Budget, CallerName, Method, Reads, Rights, sample};
use crate::observe::Nobody;

mod circuit;
mod durable;
mod end;
mod events;
mod rate;

fn verifier(upi: &Arc<Upi>, engine: &Arc<Engine>) -> Arc<Verifier> {
    let limits = Limits {
        max_in_flight: 2,
        least_time: Duration::from_millis(200),
        ledger: Duration::from_secs(5),
        breaker_failures: 0,
    };
    Verifier::new(
        Arc::clone(upi) as Arc<dyn Gateway>,
        engine.clone(),
        Arc::new(Nobody),
        limits,
    )
}

fn healthy() -> Arc<Engine> {
    Engine::failing(&[])
}

async fn ask(
    verifier: &Arc<Verifier>,
    tag: &str,
    deadline: Option<Instant>,
) -> Result<Verified, VerifyError> {
    let request = sample::verification(tag);
    verifier.verify(request, deadline, Ticket::default()).await
}

fn within(millis: u64) -> Option<Instant> {
    Some(Instant::now() + Duration::from_millis(millis))
}

async fn state(verifier: &Verifier, tag: &str) -> State {
    let id = sample::verification(tag).order_id;
    verifier.find(&id, &Asker::default()).await.unwrap().state
}

/// Whether the ledger knows nothing of the order.
async fn is_unknown(verifier: &Verifier, tag: &str) -> bool {
    let id = sample::verification(tag).order_id;
    matches!(
        verifier.find(&id, &Asker::default()).await,
        Err(FindError::NotFound)
    )
}

/// Lets every task that can run do so; the clock stands still.
async fn settle_down() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_ticket_goes_back_when_the_order_is_sealed_and_not_when_it_is_answered() {
    let upi = Upi::held(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    let held = Arc::new(());
    let ticket = Ticket::new(Arc::clone(&held));
    let verifying = verifier.verify(sample::verification("1"), None, ticket);
    let sent = async {
        while upi.posts() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(Arc::strong_count(&held), 1);
        upi.release();
    };
    let (verified, ()) = tokio::join!(verifying, sent);
    verified.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_order_of_another_caller_takes_as_long_to_deny_as_one_that_is_unknown() {
    let (upi, engine) = (Upi::prompt(|| Ok(answer())), healthy());
    let verifier = verifier(&upi, &engine);
    ask(&verifier, "foreign", None).await.unwrap();
    let asker = Asker::known(Arc::new(Rights {
        name: CallerName::parse("loans").unwrap(),
        methods: vec![Method::GetVerification],
        reads: Reads::Own,
        merchants: Vec::new(),
        budget: Budget::default(),
    }));
    let mut taken = Vec::new();
    for (tag, takes) in [("unknown", 1), ("foreign", 6), ("foreign", 12)] {
        engine.slow_to_find(Duration::from_millis(takes));
        let (id, begun) = (sample::verification(tag).order_id, Instant::now());
        let found = verifier.find(&id, &asker).await;
        assert!(matches!(found, Err(FindError::NotFound)));
        taken.push(begun.elapsed().as_millis());
    }
    assert_eq!(taken, [10, 10, 20]);
}

#[tokio::test]
async fn an_answer_is_returned_and_recorded() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    let verified = ask(&verifier, "1", None).await;
    let first = Verified {
        answer: answer(),
        replayed: false,
    };
    assert_eq!(verified.unwrap(), first);
    assert_eq!(state(&verifier, "1").await, State::Answered(answer()));
    assert_eq!(*verifier.upstream().borrow(), Upstream::Up);
}

#[tokio::test]
async fn the_same_order_is_replayed_and_not_sent_again() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    ask(&verifier, "1", None).await.unwrap();
    let again = ask(&verifier, "1", None).await;
    assert!(again.unwrap().replayed);
    assert_eq!(upi.posts(), 1);
}

#[tokio::test]
async fn other_content_under_a_used_order_id_is_refused() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    ask(&verifier, "1", None).await.unwrap();
    let mut other = sample::draft("1");
    other.consent.purpose = "something else".to_owned();
    let refused = verifier
        .verify(sample::check(other), None, Ticket::default())
        .await;
    assert!(matches!(
        refused,
        Err(VerifyError::NotSent(NotSent::OrderIdReused))
    ));
    assert_eq!(upi.posts(), 1);
}

#[tokio::test(start_paused = true)]
async fn other_content_is_refused_while_the_first_is_in_flight() {
    let upi = Upi::held(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    let first = ask(&verifier, "1", within(1000)).await;
    assert!(matches!(first, Err(VerifyError::Pending)));
    let mut other = sample::draft("1");
    other.merchant = Some(crate::domain::MerchantDraft {
        id: "1".to_owned(),
        name: "shop".to_owned(),
        category_code: "1234".to_owned(),
    });
    let refused = verifier
        .verify(sample::check(other), None, Ticket::default())
        .await;
    assert!(matches!(
        refused,
        Err(VerifyError::NotSent(NotSent::OrderIdReused))
    ));
}

#[tokio::test(start_paused = true)]
async fn a_hundred_calls_with_one_order_id_send_once_and_share_the_answer() {
    let upi = Upi::held(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        let verifier = Arc::clone(&verifier);
        calls.spawn(async move { ask(&verifier, "1", None).await });
    }
    settle_down().await;
    upi.release();
    let answers = calls.join_all().await;
    assert_eq!(answers.len(), 100);
    assert!(
        answers
            .iter()
            .all(|a| a.as_ref().unwrap().answer == answer())
    );
    assert_eq!(upi.posts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_leaves_the_call_running_and_its_answer_recorded() {
    let upi = Upi::held(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    let pending = ask(&verifier, "1", within(1000)).await;
    assert!(matches!(pending, Err(VerifyError::Pending)));
    assert_eq!(state(&verifier, "1").await, State::Sending);
    upi.release();
    verifier.idle().await;
    assert_eq!(state(&verifier, "1").await, State::Answered(answer()));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_does_not_lose_the_answer() {
    let upi = Upi::held(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    let caller = tokio::spawn({
        let verifier = Arc::clone(&verifier);
        async move { ask(&verifier, "1", None).await }
    });
    settle_down().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    upi.release();
    verifier.idle().await;
    assert_eq!(state(&verifier, "1").await, State::Answered(answer()));
    assert_eq!(upi.posts(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_for_a_caller_without_time() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    let short = ask(&verifier, "1", within(199)).await;
    assert!(matches!(
        short,
        Err(VerifyError::NotSent(NotSent::DeadlineTooShort))
    ));
    assert_eq!(upi.posts(), 0);
    assert!(is_unknown(&verifier, "1").await);
    let enough = ask(&verifier, "1", within(200)).await;
    assert!(!enough.unwrap().replayed);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_replayed_even_to_a_caller_without_time() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    ask(&verifier, "1", None).await.unwrap();
    let replay = ask(&verifier, "1", within(1)).await;
    assert!(replay.unwrap().replayed);
}

#[tokio::test(start_paused = true)]
async fn a_joiner_with_time_is_sent_for_when_the_leader_had_none() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    let (short, long) = tokio::join!(
        ask(&verifier, "1", within(10)),
        verifier.verify(sample::verification("1"), within(10_000), Ticket::default()),
    );
    assert_eq!(long.unwrap().answer, answer());
    assert_eq!(short.unwrap().answer, answer());
    assert_eq!(upi.posts(), 1);
}

#[tokio::test]
async fn an_unreachable_upi_leaves_the_order_free() {
    let upi = Upi::prompt(|| Err(CallError::NotSent(cause())));
    let verifier = verifier(&upi, &healthy());
    let failed = ask(&verifier, "1", None).await;
    assert!(matches!(
        failed,
        Err(VerifyError::NotSent(NotSent::Unreachable(_)))
    ));
    assert_eq!(state(&verifier, "1").await, State::NotSent);
    assert_eq!(*verifier.upstream().borrow(), Upstream::Down);
    let _ = ask(&verifier, "1", None).await;
    assert_eq!(upi.posts(), 2);
}

#[tokio::test]
async fn a_free_order_still_belongs_to_its_content() {
    let upi = Upi::prompt(|| Err(CallError::NotSent(cause())));
    let verifier = verifier(&upi, &healthy());
    let _ = ask(&verifier, "1", None).await;
    let mut other = sample::draft("1");
    other.consent.purpose = "something else".to_owned();
    let refused = verifier
        .verify(sample::check(other), None, Ticket::default())
        .await;
    assert!(matches!(
        refused,
        Err(VerifyError::NotSent(NotSent::OrderIdReused))
    ));
}

#[tokio::test]
async fn a_refused_signature_leaves_the_order_free() {
    let upi = Upi::prompt(|| Err(CallError::Refused(cause())));
    let verifier = verifier(&upi, &healthy());
    let refused = ask(&verifier, "1", None).await;
    assert_eq!(refused.unwrap_err().dispatch(), Dispatch::Refused);
    assert_eq!(state(&verifier, "1").await, State::NotSent);
    let _ = ask(&verifier, "1", None).await;
    assert_eq!(upi.posts(), 2);
}

#[tokio::test]
async fn an_unknown_outcome_is_never_sent_again() {
    let upi = Upi::prompt(|| Err(CallError::Unknown(cause())));
    let verifier = verifier(&upi, &healthy());
    for _ in 0..2 {
        let unknown = ask(&verifier, "1", None).await;
        assert!(matches!(unknown, Err(VerifyError::OutcomeUnknown(_))));
    }
    assert_eq!(state(&verifier, "1").await, State::OutcomeUnknown);
    assert_eq!(upi.posts(), 1);
}

#[tokio::test]
async fn nothing_is_sent_when_the_claim_cannot_be_written() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &Engine::failing(&["claim"]));
    let failed = ask(&verifier, "1", None).await;
    assert!(matches!(
        failed,
        Err(VerifyError::NotSent(NotSent::LedgerUnavailable(_)))
    ));
    assert_eq!(upi.posts(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_reaches_its_caller_while_the_ledger_fails_and_is_recorded_later() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &Engine::failing(&["settle"; 5]));
    let verified = ask(&verifier, "1", None).await;
    assert_eq!(verified.unwrap().answer, answer());
    assert_eq!(state(&verifier, "1").await, State::Sending);
    let joined = ask(&verifier, "1", None).await;
    assert_eq!(joined.unwrap().answer, answer());
    verifier.idle().await;
    assert_eq!(state(&verifier, "1").await, State::Answered(answer()));
    assert_eq!(upi.posts(), 1);
}

#[tokio::test]
async fn a_request_that_cannot_be_sealed_is_a_fault_and_not_sent() {
    let upi = Upi::prompt(|| Ok(answer()));
    upi.seal_fails.store(true, Ordering::SeqCst);
    let verifier = verifier(&upi, &healthy());
    let fault = ask(&verifier, "1", None).await;
    assert!(matches!(
        fault,
        Err(VerifyError::Fault {
            dispatch: Dispatch::NotSent,
            ..
        })
    ));
    assert!(is_unknown(&verifier, "1").await);
}

#[tokio::test]
async fn a_panic_while_sending_is_a_fault_with_an_unknown_outcome() {
    let upi = Upi::prompt(|| Ok(answer()));
    upi.send_panics.store(true, Ordering::SeqCst);
    let verifier = verifier(&upi, &healthy());
    let fault = ask(&verifier, "1", None).await;
    assert!(matches!(
        fault,
        Err(VerifyError::Fault {
            dispatch: Dispatch::Unknown,
            ..
        })
    ));
    assert_eq!(state(&verifier, "1").await, State::OutcomeUnknown);
    verifier.idle().await;
}

#[tokio::test]
async fn a_failing_ledger_is_not_a_missing_order() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &Engine::failing(&["find"]));
    let id = sample::verification("1").order_id;
    assert!(matches!(
        verifier.find(&id, &Asker::default()).await,
        Err(FindError::LedgerUnavailable(_))
    ));
}

#[tokio::test(start_paused = true)]
async fn an_order_under_way_keeps_its_way_and_the_next_one_has_the_new() {
    let (old, new) = (Upi::held(|| Ok(answer())), Upi::prompt(|| Ok(answer())));
    let engine = Engine::slow(&[], Duration::from_secs(1));
    let verifier = verifier(&old, &engine);
    let first = tokio::spawn({
        let verifier = Arc::clone(&verifier);
        async move { ask(&verifier, "1", None).await }
    });
    settle_down().await;
    // It is sealed, and not sent yet.
    assert_eq!((old.seals(), old.posts()), (1, 0));
    verifier.renew(Arc::clone(&new) as Arc<dyn Gateway>);
    ask(&verifier, "2", None).await.unwrap();
    old.release();
    first.await.unwrap().unwrap();
    assert_eq!((old.seals(), old.posts()), (1, 1));
    assert_eq!((new.seals(), new.posts()), (1, 1));
}
