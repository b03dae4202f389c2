//! How much is taken on, and how it ends.

use super::*;

#[tokio::test(start_paused = true)]
async fn one_order_more_than_allowed_is_refused_at_once() {
    let upi = Upi::held(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    for tag in ["1", "2"] {
        let pending = verifier
            .verify(sample::verification(tag), within(1000), Ticket::default())
            .await;
        assert!(matches!(pending, Err(VerifyError::Pending)));
    }
    let refused = verifier
        .verify(sample::verification("3"), None, Ticket::default())
        .await;
    assert!(matches!(
        refused,
        Err(VerifyError::NotSent(NotSent::Overloaded))
    ));
    let id = sample::verification("3").order_id;
    assert!(matches!(verifier.find(&id).await, Err(FindError::NotFound)));
}

#[tokio::test(start_paused = true)]
async fn a_drain_refuses_new_orders_and_finishes_those_in_flight() {
    let upi = Upi::held(|| Ok(answer()));
    let verifier = verifier(&upi, &healthy());
    let pending = verifier
        .verify(sample::verification("1"), within(1000), Ticket::default())
        .await;
    assert!(matches!(pending, Err(VerifyError::Pending)));
    verifier.drain();
    let refused = verifier
        .verify(sample::verification("2"), None, Ticket::default())
        .await;
    assert!(matches!(
        refused,
        Err(VerifyError::NotSent(NotSent::Draining))
    ));
    upi.release();
    let joined = verifier
        .verify(sample::verification("1"), None, Ticket::default())
        .await;
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
        async move {
            verifier
                .verify(sample::verification("1"), None, Ticket::default())
                .await
        }
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
