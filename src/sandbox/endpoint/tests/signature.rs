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

/// Posts a good request with the signature that `sign` makes for it, which must be refused.
async fn refused(sign: impl FnOnce(&[u8]) -> String) {
    let endpoint = endpoint();
    let body = bytes(&request());
    let answered = post(&endpoint, &sign(&body), body).await;
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
    refused(|body| sign(&claims, body)).await;
}

#[tokio::test]
async fn a_request_without_a_signature_or_with_two_is_refused() {
    refused(|_| String::new()).await;
    refused(|_| "no jws".to_owned()).await;
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
    refused(|body| sign_as("sandbox-participant-2", &claims(), body)).await;
}

#[tokio::test]
async fn another_key_under_the_right_kid_is_refused() {
    let keys = KIT.upi().unwrap();
    let stranger = Signer::new(&keys.participant.0, &keys.signing.1).unwrap();
    refused(|body| stranger.sign(&claims(), body).unwrap()).await;
}

#[tokio::test]
async fn a_signature_of_other_bytes_is_refused() {
    refused(|body| sign(&claims(), &[body, b" "].concat())).await;
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
