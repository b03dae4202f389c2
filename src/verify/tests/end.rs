//! How much is taken on, and how it ends.

use super::*;

#[tokio::test(start_paused = true)]
async fn one_order_more_than_allowed_is_refused_at_once() {
    let upi = Upi::held(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    for tag in ["1", "2"] {
        let pending = ask(&verifier, tag, within(1000)).await;
        assert!(matches!(pending, Err(VerifyError::Pending)));
    }
    let refused = ask(&verifier, "3", None).await;
    assert!(matches!(
        refused,
        Err(VerifyError::NotSent(NotSent::Overloaded))
    ));
    let id = sample::verification("3").order_id;
    assert!(matches!(
        verifier.find(&id, &Asker::default()).await,
        Err(FindError::NotFound)
    ));
}

#[tokio::test(start_paused = true)]
async fn a_drain_refuses_new_orders_and_finishes_those_in_flight() {
    let upi = Upi::held(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    let pending = ask(&verifier, "1", within(1000)).await;
    assert!(matches!(pending, Err(VerifyError::Pending)));
    verifier.drain();
    let refused = ask(&verifier, "2", None).await;
    assert!(matches!(
        refused,
        Err(VerifyError::NotSent(NotSent::Draining))
    ));
    upi.release();
    let joined = ask(&verifier, "1", None).await;
    assert_eq!(joined.unwrap().answer, answer());
    verifier.idle().await;
    assert_eq!(upi.posts(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_hard_end_answers_callers_with_the_truth() {
    let upi = Upi::held(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    let caller = tokio::spawn({
        let verifier = Arc::clone(&verifier);
        async move { ask(&verifier, "1", None).await }
    });
    settle_down().await;
    verifier.drain();
    verifier.abandon().await;
    assert!(matches!(
        caller.await.unwrap(),
        Err(VerifyError::OutcomeUnknown(_))
    ));
    assert_eq!(state(&verifier, "1").await, State::OutcomeUnknown);
}

/// A caller whose time is over once its order is claimed, and one that boards while that end cannot
/// be recorded `failures` times.
async fn joined(failures: usize, deadline: Option<Instant>) -> Result<Verified, VerifyError> {
    let upi = Upi::prompt(|| Ok(answer()));
    let engine = Engine::slow(&["settle"].repeat(failures), Duration::from_millis(1));
    let verifier = verifier(&upi, &engine);
    let short = ask(&verifier, "1", within(200)).await;
    assert!(matches!(
        short,
        Err(VerifyError::NotSent(NotSent::DeadlineTooShort))
    ));
    assert_eq!(verifier.in_flight(), 1);
    let joining = ask(&verifier, "1", deadline);
    let (mut joining, mut polls) = (std::pin::pin!(joining), 0);
    let rarely = std::future::poll_fn(|context| {
        polls += 1;
        assert!(polls < 100, "boards again and again");
        joining.as_mut().poll(context)
    });
    rarely.await
}

#[tokio::test(start_paused = true)]
async fn who_has_time_left_is_sent_for_once_the_end_of_a_flight_without_is_recorded() {
    let begun = Instant::now();
    assert_eq!(joined(3, None).await.unwrap().answer, answer());
    assert_eq!(
        begun.elapsed(),
        Duration::from_millis(1 + 100 + 200 + 400 + 1)
    );
}

#[tokio::test(start_paused = true)]
async fn who_waits_in_vain_for_a_flight_to_be_recorded_is_told_in_time_that_nothing_was_sent() {
    let begun = Instant::now();
    let ended = joined(3, within(300)).await;
    assert!(matches!(
        ended,
        Err(VerifyError::NotSent(NotSent::DeadlineTooShort))
    ));
    assert_eq!(begun.elapsed(), Duration::from_millis(300));
}
