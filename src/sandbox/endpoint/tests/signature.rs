//! Attacks on UPI-JWS.

use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use http_body_util::Full;

use super::{TYPE, ask, endpoint, post};
use crate::sandbox::kit::REQUEST_PATH;
use crate::sandbox::participant::{
    KIT, NOW, ORDER_ID, WINDOW, bytes, claims, request, sign, sign_as,
};
use crate::upi::jws::{Claims, Signer};

/// Posts the good request with this signature, which must be refused.
async fn refused(signature: &str) {
    let endpoint = endpoint();
    let answered = post(&endpoint, signature, bytes(&request())).await;
    assert_eq!(answered.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        answered.body,
        r#"{"MsgResponse":{"responseCode":"E0","responseMsg":"Unauthorized access"}}"#
    );
    assert!(!answered.headers.contains_key("UPI-JWS"));
    let counted = endpoint.processor.posts().of(ORDER_ID).unwrap();
    assert_eq!((counted.posts, counted.refused), (0, 1));
}

async fn refused_claims(claims: Claims<'_>) {
    refused(&sign(&claims, &bytes(&request()))).await;
}

#[tokio::test]
async fn a_request_without_a_signature_or_with_two_is_refused() {
    refused("").await;
    refused("no jws").await;
    let body = bytes(&request());
    let signature = sign(&claims(), &body);
    let twice = Request::post(REQUEST_PATH)
        .header(CONTENT_TYPE, TYPE)
        .header("UPI-JWS", &signature)
        .header("UPI-JWS", &signature);
    let answered = ask(&endpoint(), twice.body(Full::from(body)).unwrap()).await;
    assert_eq!(answered.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn another_kid_is_refused() {
    refused(&sign_as(
        "sandbox-participant-2",
        &claims(),
        &bytes(&request()),
    ))
    .await;
}

#[tokio::test]
async fn another_key_under_the_right_kid_is_refused() {
    let stranger = KIT.upi().unwrap();
    let signer = Signer::new(&stranger.participant.0, &stranger.signing.1).unwrap();
    refused(&signer.sign(&claims(), &bytes(&request())).unwrap()).await;
}

#[tokio::test]
async fn a_signature_of_other_bytes_is_refused() {
    let mut other = bytes(&request());
    other.push(b' ');
    refused(&sign(&claims(), &other)).await;
}

#[tokio::test]
async fn another_app_id_is_refused() {
    refused_claims(Claims {
        app_id: "SANDBOX2",
        ..claims()
    })
    .await;
}

#[tokio::test]
async fn another_path_or_none_is_refused() {
    for request_path in [Some("/uais/sandbox/v1/id"), None] {
        refused_claims(Claims {
            request_path,
            ..claims()
        })
        .await;
    }
}

#[tokio::test]
async fn a_timestamp_outside_the_window_is_refused_and_at_its_ends_accepted() {
    for skew in [-WINDOW - 1, WINDOW + 1] {
        refused_claims(Claims {
            timestamp: NOW + skew,
            ..claims()
        })
        .await;
    }
    for skew in [-WINDOW, WINDOW] {
        let body = bytes(&request());
        let claims = Claims {
            timestamp: NOW + skew,
            ..claims()
        };
        let answered = post(&endpoint(), &sign(&claims, &body), body).await;
        assert_eq!(answered.code(), "00");
    }
}
