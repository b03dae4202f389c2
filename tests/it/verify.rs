//! Verifications from a real client through the real binary to a sandbox.

use std::time::Duration;

use idphoto::pb::verify_id_photo_response::Outcome;
use idphoto::pb::{RejectionCategory, VerificationState, VerifyIdPhotoResponse};
use tokio::task::JoinSet;
use tonic::{Code, Request};

use crate::process::Gateway;
use crate::requests::{expected, fields, get, request, row};

#[tokio::test]
async fn a_comparison_comes_back_with_its_confidence() {
    let gateway = Gateway::start(&[]);
    let request = request("sandbox:confidence=42");
    let order_id = request.order_id.clone();
    let answer = gateway.client().verify_id_photo(request).await.unwrap();
    let answer = answer.into_inner();
    assert!(matches!(&answer.outcome, Some(Outcome::Comparison(c)) if c.confidence == 42));
    assert_eq!(answer.order_id, order_id);
    assert_eq!(answer.upi_uuid.len(), 32);
    assert!(answer.answered_at.is_some());
    assert!(!answer.replayed);
}

#[tokio::test]
async fn a_refusal_by_the_source_is_an_answer() {
    let gateway = Gateway::start(&[]);
    let mut client = gateway.client();
    let answer = client.verify_id_photo(request("sandbox:code=70")).await;
    let Some(Outcome::Rejection(rejection)) = answer.unwrap().into_inner().outcome else {
        panic!("no rejection");
    };
    assert_eq!(rejection.category(), RejectionCategory::NotConfirmed);
    assert_eq!(rejection.code, "70");
    assert!(!rejection.message.is_empty());
}

#[tokio::test]
async fn the_same_call_again_replays_the_answer_and_sends_nothing() {
    let gateway = Gateway::start(&[]);
    let request = request("test");
    let order_id = request.order_id.clone();
    let first = gateway.client().verify_id_photo(request.clone()).await;
    let second = gateway.client().verify_id_photo(request).await;
    let (first, second) = (first.unwrap().into_inner(), second.unwrap().into_inner());
    assert!(second.replayed);
    assert_eq!(
        VerifyIdPhotoResponse {
            replayed: true,
            ..first
        },
        second
    );
    assert_eq!(gateway.posts(&order_id).await, 1);
}

#[tokio::test]
async fn an_order_id_with_other_content_is_refused() {
    let gateway = Gateway::start(&[]);
    let first = request("test");
    let mut second = request("test, but other");
    second.order_id.clone_from(&first.order_id);
    gateway.client().verify_id_photo(first).await.unwrap();
    let status = gateway.client().verify_id_photo(second).await.unwrap_err();
    assert_eq!(
        row(&status),
        expected(
            Code::AlreadyExists,
            "ORDER_ID_REUSED",
            "NOT_SENT",
            "FIX_REQUEST"
        )
    );
}

#[tokio::test]
async fn validate_only_checks_and_leaves_the_order_unused() {
    let gateway = Gateway::start(&[]);
    let mut checked = request("test");
    checked.validate_only = true;
    let answer = gateway.client().verify_id_photo(checked.clone()).await;
    assert_eq!(answer.unwrap().into_inner().outcome, None);
    assert_eq!(gateway.posts(&checked.order_id).await, 0);
    let unknown = gateway
        .client()
        .get_verification(get(&checked.order_id))
        .await;
    assert_eq!(unknown.unwrap_err().code(), Code::NotFound);
    checked.photo = b"no photo".as_slice().into();
    let refused = gateway.client().verify_id_photo(checked).await;
    assert_eq!(fields(&refused.unwrap_err()), ["photo"]);
}

#[tokio::test]
async fn a_clients_deadline_does_not_lose_the_answer() {
    let gateway = Gateway::start(&[]);
    let request = request("sandbox:delay=3s,confidence=88");
    let order_id = request.order_id.clone();
    let mut call = Request::new(request);
    call.set_timeout(Duration::from_secs(2));
    let pending = gateway.client().verify_id_photo(call).await.unwrap_err();
    assert_eq!(
        row(&pending),
        expected(
            Code::DeadlineExceeded,
            "ANSWER_PENDING",
            "IN_FLIGHT",
            "SAME_ORDER"
        )
    );
    let state = gateway.settled(&order_id).await;
    assert_eq!(state, VerificationState::Answered);
    let found = gateway.client().get_verification(get(&order_id)).await;
    let found = found.unwrap().into_inner();
    let outcome = found.result.unwrap().outcome;
    assert!(matches!(outcome, Some(Outcome::Comparison(c)) if c.confidence == 88));
    assert_eq!(found.consent.unwrap().purpose, "test");
    assert_eq!(gateway.posts(&order_id).await, 1);
}

#[tokio::test]
async fn a_client_that_cancels_does_not_lose_the_answer() {
    let gateway = Gateway::start(&[]);
    let request = request("sandbox:delay=1s,confidence=88");
    let order_id = request.order_id.clone();
    let mut client = gateway.client();
    let call = tokio::spawn(async move { client.verify_id_photo(request).await });
    gateway.sent(&order_id).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    let state = gateway.settled(&order_id).await;
    assert_eq!(state, VerificationState::Answered);
    assert_eq!(gateway.posts(&order_id).await, 1);
}

#[tokio::test]
async fn a_hundred_calls_with_one_order_id_cause_one_post_and_equal_answers() {
    let gateway = Gateway::start(&[]);
    let request = request("sandbox:delay=500ms");
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        let (mut client, request) = (gateway.client(), request.clone());
        calls.spawn(async move { client.verify_id_photo(request).await });
    }
    let answers = calls.join_all().await;
    let answers: Vec<_> = answers
        .into_iter()
        .map(|answer| VerifyIdPhotoResponse {
            replayed: false,
            ..answer.unwrap().into_inner()
        })
        .collect();
    assert_eq!(answers.len(), 100);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(gateway.posts(&request.order_id).await, 1);
}
