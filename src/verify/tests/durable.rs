//! What is on disk before a byte leaves, and what follows when it is not, or nobody can say.

use super::*;
use crate::domain::{Budget, CallerName};
use crate::observe::Nobody;
use crate::verify::error::Denial;
use crate::verify::port::{Attempt, Ledger as _, Settled, Settlement};

/// A second gateway on the same ledger.
fn two(upi: &Arc<Upi>, engine: &Arc<Engine>) -> [Arc<Verifier>; 2] {
    [verifier(upi, engine), verifier(upi, engine)]
}

fn unavailable(ended: &Result<Verified, VerifyError>) -> bool {
    matches!(
        ended,
        Err(VerifyError::NotSent(NotSent::LedgerUnavailable(_)))
    )
}

#[tokio::test]
async fn nothing_is_sealed_or_sent_when_the_ledger_cannot_be_read() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &Engine::failing(&["find"]));
    assert!(unavailable(&ask(&verifier, "1", None).await));
    assert_eq!((upi.seals(), upi.posts()), (0, 0));
}

#[tokio::test]
async fn an_order_that_stands_is_not_sealed() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    for _ in 0..3 {
        ask(&verifier, "1", None).await.unwrap();
    }
    assert_eq!((upi.seals(), upi.posts()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_took_the_callers_time_sends_nothing_and_frees_the_order() {
    let upi = Upi::prompt(|| Ok(answer()));
    let engine = Engine::slow(&[], Duration::from_millis(100));
    let verifier = verifier(&upi, &engine);
    let short = ask(&verifier, "1", within(299)).await;
    assert!(matches!(
        short,
        Err(VerifyError::NotSent(NotSent::DeadlineTooShort))
    ));
    assert_eq!(upi.posts(), 0);
    assert_eq!(state(&verifier, "1").await, State::NotSent);
    assert!(!ask(&verifier, "1", within(300)).await.unwrap().replayed);
}

/// A caller whose time is over is told what is certain, and it stays so.
#[tokio::test(start_paused = true)]
async fn who_leaves_before_anything_was_sent_is_told_so_and_nothing_is_sent() {
    let upi = Upi::prompt(|| Ok(answer()));
    let engine = Engine::slow(&[], Duration::from_secs(1));
    let verifier = verifier(&upi, &engine);
    let (left, late) = tokio::join!(ask(&verifier, "1", within(500)), async {
        tokio::time::sleep(Duration::from_millis(600)).await;
        ask(&verifier, "1", within(300)).await
    });
    for ended in [left, late] {
        let too_short = matches!(ended, Err(VerifyError::NotSent(NotSent::DeadlineTooShort)));
        assert!(too_short);
    }
    verifier.idle().await;
    assert_eq!(upi.posts(), 0);
    assert_eq!(state(&verifier, "1").await, State::NotSent);
}

/// Nobody is told that nothing is sent while somebody else has time for it.
#[tokio::test(start_paused = true)]
async fn who_leaves_while_another_waits_is_told_that_the_answer_is_awaited() {
    let upi = Upi::prompt(|| Ok(answer()));
    let engine = Engine::slow(&[], Duration::from_secs(1));
    let verifier = verifier(&upi, &engine);
    let (left, other) = tokio::join!(
        ask(&verifier, "1", within(500)),
        ask(&verifier, "1", within(5000))
    );
    assert!(matches!(left, Err(VerifyError::Pending)));
    assert!(other.is_ok());
    assert_eq!(upi.posts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_takes_too_long_is_read_back() {
    let upi = Upi::prompt(|| Ok(answer()));
    let engine = Engine::slow(&[], Duration::from_secs(6));
    let verifier = verifier(&upi, &engine);
    let begun = Instant::now();
    assert_eq!(ask(&verifier, "1", None).await.unwrap().answer, answer());
    assert_eq!(begun.elapsed(), Duration::from_secs(5));
    assert_eq!(upi.posts(), 1);
}

#[tokio::test]
async fn a_claim_whose_reply_was_lost_is_read_back_and_sent_once() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &Engine::failing(&["claim lost"]));
    assert!(!ask(&verifier, "1", None).await.unwrap().replayed);
    assert_eq!(state(&verifier, "1").await, State::Answered(answer()));
    assert_eq!(upi.posts(), 1);
}

#[tokio::test]
async fn a_claim_that_may_not_be_written_is_not_sent_on_a_guess() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &Engine::failing(&["claim unsure"]));
    assert!(unavailable(&ask(&verifier, "1", None).await));
    verifier.idle().await;
    assert_eq!(upi.posts(), 0);
    assert!(is_unknown(&verifier, "1").await);
    ask(&verifier, "1", None).await.unwrap();
    assert_eq!(upi.posts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_cannot_be_read_back_is_not_sent_and_freed_as_soon_as_that_can_be_written() {
    let upi = Upi::prompt(|| Ok(answer()));
    let engine = Engine::failing(&["claim lost", "settle", "settle"]);
    engine.fail_after_claim("find");
    let verifier = verifier(&upi, &engine);
    assert!(unavailable(&ask(&verifier, "1", None).await));
    assert_eq!(state(&verifier, "1").await, State::Sending);
    verifier.idle().await;
    assert_eq!(upi.posts(), 0);
    assert_eq!(state(&verifier, "1").await, State::NotSent);
}

#[tokio::test(start_paused = true)]
async fn an_order_of_another_gateway_is_waited_for_by_reading() {
    let upi = Upi::held(|| Ok(answer()));
    let [one, other] = two(&upi, &healthy());
    let later = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        ask(&other, "1", None).await
    };
    let (first, second, ()) = tokio::join!(ask(&one, "1", None), later, async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        upi.release();
    });
    assert!(!first.unwrap().replayed);
    let replayed = second.unwrap();
    assert_eq!((replayed.answer, replayed.replayed), (answer(), true));
    assert_eq!(upi.posts(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_another_gateway_is_told_in_time_that_the_answer_is_awaited() {
    let upi = Upi::held(|| Ok(answer()));
    let [one, other] = two(&upi, &healthy());
    let pending = ask(&one, "1", within(1000)).await;
    assert!(matches!(pending, Err(VerifyError::Pending)));
    let begun = Instant::now();
    let pending = ask(&other, "1", within(1000)).await;
    assert!(matches!(pending, Err(VerifyError::Pending)));
    assert_eq!(begun.elapsed(), Duration::from_millis(1000));
    other.idle().await;
    assert_eq!(upi.posts(), 1);
}

/// The first has looked before another gateway's answer came, the second asks after it.
#[tokio::test(start_paused = true)]
async fn who_asks_after_a_late_answer_was_told_does_not_share_an_older_look() {
    let (upi, engine) = (Upi::prompt(|| Err(CallError::Unknown(cause()))), healthy());
    let [one, other] = two(&upi, &engine);
    let unknown = ask(&one, "1", None).await;
    assert!(matches!(unknown, Err(VerifyError::OutcomeUnknown(_))));
    engine.slow_to_find(Duration::from_secs(1));
    let (first, second) = tokio::join!(ask(&other, "1", None), async {
        settle_down().await;
        let attempt = Attempt {
            order_id: sample::verification("1").order_id,
            upi_uuid: format!("{:032x}", 0),
        };
        let late = engine.settle(&attempt, Settlement::Answered(answer()));
        assert_eq!(late.await.unwrap(), Settled::Late);
        ask(&other, "1", None).await
    });
    assert!(matches!(first, Err(VerifyError::OutcomeUnknown(_))));
    assert_eq!(second.unwrap().answer, answer());
    assert_eq!(upi.posts(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_another_gateway_could_not_send_was_not_sent() {
    let upi = Upi::held(|| Err(CallError::NotSent(cause())));
    let [one, other] = two(&upi, &healthy());
    let (first, second, ()) = tokio::join!(ask(&one, "1", None), ask(&other, "1", None), async {
        settle_down().await;
        upi.release();
    });
    for ended in [first, second] {
        let unreachable = matches!(ended, Err(VerifyError::NotSent(NotSent::Unreachable(_))));
        assert!(unreachable);
    }
    assert_eq!(upi.posts(), 1);
}

#[tokio::test(start_paused = true)]
async fn other_content_is_refused_while_another_gateway_has_the_order() {
    let upi = Upi::held(|| Ok(answer()));
    let [one, other] = two(&upi, &healthy());
    let pending = ask(&one, "1", within(1000)).await;
    assert!(matches!(pending, Err(VerifyError::Pending)));
    let mut draft = sample::draft("1");
    draft.consent.purpose = "something else".to_owned();
    let refused = other.verify(sample::check(draft), None, Ticket::default());
    assert!(matches!(
        refused.await,
        Err(VerifyError::NotSent(NotSent::OrderIdReused))
    ));
}

#[tokio::test(start_paused = true)]
async fn who_loses_the_race_for_an_order_sends_nothing_and_learns_whose_content_it_is() {
    let upi = Upi::prompt(|| Ok(answer()));
    let engine = healthy();
    let verifier = verifier(&upi, &engine);
    engine.raced_by(sample::verification("1"));
    let pending = ask(&verifier, "1", within(1000)).await;
    assert!(matches!(pending, Err(VerifyError::Pending)));
    let mut other = sample::draft("2");
    other.consent.purpose = "something else".to_owned();
    engine.raced_by(sample::check(other));
    let refused = ask(&verifier, "2", within(1000)).await;
    assert!(matches!(
        refused,
        Err(VerifyError::NotSent(NotSent::OrderIdReused))
    ));
    assert_eq!((upi.seals(), upi.posts()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_settlement_is_tried_until_it_holds() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &Engine::failing(&["settle"; 100]));
    ask(&verifier, "1", None).await.unwrap();
    verifier.idle().await;
    assert_eq!(state(&verifier, "1").await, State::Answered(answer()));
}

#[tokio::test]
async fn a_panic_of_the_ledger_costs_no_caller_its_answer_and_no_drain_its_end() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &Engine::failing(&["settle panics"]));
    assert_eq!(ask(&verifier, "1", None).await.unwrap().answer, answer());
    verifier.idle().await;
    assert_eq!(state(&verifier, "1").await, State::Sending);
}

#[tokio::test(start_paused = true)]
async fn the_hard_end_does_not_wait_for_a_settlement_that_does_not_hold() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &Engine::failing(&["settle"; 100]));
    ask(&verifier, "1", None).await.unwrap();
    verifier.drain();
    verifier.abandon().await;
    assert_eq!(state(&verifier, "1").await, State::Sending);
}

#[tokio::test(start_paused = true)]
async fn the_ledger_is_down_while_it_cannot_be_written_and_up_again_by_itself() {
    let engine = Engine::failing(&["beat"; 3]);
    let verifier = verifier(&Upi::prompt(|| Ok(answer())), &engine);
    let mut up = verifier.ledger_up();
    let begun = Instant::now();
    let keeping = verifier.keep_ledger();
    let watching = async {
        assert!(!*up.wait_for(|up| !up).await.unwrap());
        assert!(*up.wait_for(|up| *up).await.unwrap());
    };
    tokio::select! { () = keeping => {}, () = watching => {} }
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_meets_an_error_has_the_ledger_looked_at_at_once() {
    let engine = Engine::failing(&["claim"]);
    let verifier = verifier(&Upi::prompt(|| Ok(answer())), &engine);
    let mut up = verifier.ledger_up();
    let begun = Instant::now();
    let failing = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        engine.fail("beat");
        assert!(unavailable(&ask(&verifier, "1", None).await));
        assert!(!*up.wait_for(|up| !up).await.unwrap());
    };
    tokio::select! { () = verifier.keep_ledger() => {}, () = failing => {} }
    assert_eq!(begun.elapsed(), Duration::from_secs(2));
}

#[tokio::test]
async fn an_order_under_a_key_that_is_not_known_is_not_sent() {
    let upi = Upi::prompt(|| Ok(answer()));
    let engine = healthy();
    let stranger = Engine::failing(&[]);
    let limits = Limits {
        max_in_flight: 2,
        least_time: Duration::from_millis(200),
        ledger: Duration::from_secs(5),
        breaker_failures: 0,
    };
    ask(&verifier(&upi, &engine), "1", None).await.unwrap();
    let ledger = Arc::new(engine.with_keys_of(&stranger));
    let other = Verifier::new(upi.clone(), ledger, Arc::new(Nobody), limits);
    let fault = ask(&other, "1", None).await;
    assert!(matches!(
        fault,
        Err(VerifyError::Fault {
            dispatch: Dispatch::NotSent,
            ..
        })
    ));
    assert_eq!(upi.posts(), 1);
}

/// As the ledger's own suite has it, through the use case.
#[tokio::test(start_paused = true)]
async fn what_is_beyond_a_budget_is_not_sent_and_says_so() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    let budget = Budget {
        daily: Some(1),
        monthly: None,
    };
    let ask = async |tag: &str| {
        let mut request = sample::verification(tag);
        request.caller = CallerName::parse("loans");
        let ticket = Ticket::default().within(budget);
        verifier.verify(request, None, ticket).await
    };
    ask("1").await.unwrap();
    let Err(VerifyError::NotSent(NotSent::Denied(denial))) = ask("2").await else {
        panic!("it was sent");
    };
    let Denial::QuotaExceeded { caller, limit, .. } = denial else {
        panic!("{denial:?}");
    };
    assert_eq!(caller.as_str(), "loans");
    assert_eq!(limit.name(), "daily_budget");
    assert!(is_unknown(&verifier, "2").await);
    // Who asks again at once costs no seal.
    for _ in 0..3 {
        assert!(ask("2").await.is_err());
    }
    assert_eq!((upi.seals(), upi.posts()), (2, 1));
    assert!(ask("1").await.unwrap().replayed);
}

#[tokio::test]
async fn while_it_is_paused_nothing_is_sealed_and_what_is_known_is_told() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    ask(&verifier, "1", None).await.unwrap();
    verifier.set_paused(true);
    let refused = ask(&verifier, "2", None).await.unwrap_err();
    assert!(matches!(
        refused,
        VerifyError::NotSent(NotSent::Unreachable(_))
    ));
    assert!(ask(&verifier, "1", None).await.unwrap().replayed);
    assert_eq!((upi.seals(), upi.posts()), (1, 1));
    verifier.set_paused(false);
    ask(&verifier, "2", None).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_recorded_whose_time_ran_out_while_it_waited_for_its_turn() {
    let upi = Upi::prompt(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    let turns = verifier.sealing.hold().await;
    let deadline = Instant::now() + Duration::from_secs(1);
    let late = ask(&verifier, "1", Some(deadline)).await;
    assert!(late.is_err());
    drop(turns);
    verifier.idle().await;
    assert_eq!(upi.posts(), 0);
    assert!(is_unknown(&verifier, "1").await);
}
