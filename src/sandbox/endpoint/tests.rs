//! One attack on a good POST for each rule about HTTP and the signature.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;

use super::{Endpoint, MAX_BODY};
use crate::observe::Nobody;
use crate::sandbox::kit::{APP_ID, REQUEST_PATH};
use crate::sandbox::participant::{
    KIT, NOW, ORDER_ID, UUID, bytes, claims, processor, request, sign,
};
use crate::upi::jws::{Expected, Verifier};

mod signature;

const TYPE: &str = "application/json;charset=UTF-8";

struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answered {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn code(&self) -> String {
        let json = self.json();
        json["msgResponse"]["responseCode"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

fn endpoint() -> Endpoint {
    Endpoint {
        request_path: REQUEST_PATH.to_owned(),
        processor: processor(),
        observer: Arc::new(Nobody),
    }
}

async fn ask(endpoint: &Endpoint, request: Request<Full<Bytes>>) -> Answered {
    let (head, body) = endpoint.handle(request).await.unwrap().into_parts();
    Answered {
        status: head.status,
        headers: head.headers,
        body: body.collect().await.unwrap().to_bytes(),
    }
}

async fn get(endpoint: &Endpoint, path: &str) -> Answered {
    ask(endpoint, Request::get(path).body(Full::default()).unwrap()).await
}

async fn post(endpoint: &Endpoint, signature: &str, body: Vec<u8>) -> Answered {
    let request = Request::post(REQUEST_PATH)
        .header(CONTENT_TYPE, TYPE)
        .header("UPI-JWS", signature);
    ask(endpoint, request.body(Full::from(body)).unwrap()).await
}

fn verify(answered: &Answered) -> String {
    let keys = KIT.participant().unwrap();
    let expected = Expected {
        app_id: APP_ID,
        request_path: REQUEST_PATH,
        require_request_path: false,
        now: NOW,
        window: std::time::Duration::ZERO,
    };
    let jws = answered.headers["UPI-JWS"].to_str().unwrap();
    let verifier = Verifier::new(&keys.verification).unwrap();
    verifier
        .verify(jws, &answered.body, &expected)
        .unwrap()
        .upi_uuid
}

#[tokio::test]
async fn a_good_request_gets_a_signed_comparison_with_its_uuid() {
    let endpoint = endpoint();
    let body = bytes(&request());
    let answered = post(&endpoint, &sign(&claims(), &body), body).await;
    assert_eq!(answered.status, StatusCode::OK);
    assert_eq!(answered.headers[CONTENT_TYPE], TYPE);
    assert_eq!(verify(&answered), UUID);
    assert_eq!(answered.code(), "00");
    let confidence: u8 = answered.json()["confidence"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(confidence <= 100);
}

#[tokio::test]
async fn a_request_that_breaks_a_rule_gets_a_signed_code_30_that_names_the_member() {
    let mut spoiled = request();
    spoiled.insert("tradeType".to_owned(), "ID0204".into());
    let body = bytes(&spoiled);
    let answered = post(&endpoint(), &sign(&claims(), &body), body).await;
    assert_eq!(
        (answered.status, verify(&answered).as_str()),
        (StatusCode::OK, UUID)
    );
    assert_eq!(answered.code(), "30");
    assert_eq!(
        answered.json()["msgResponse"]["errorDetail"],
        "tradeType: ID0203"
    );
    assert_eq!(answered.json()["confidence"], Value::Null);
}

#[tokio::test]
async fn a_scenario_that_cannot_be_followed_gets_code_30_that_says_why() {
    let mut spoiled = request();
    spoiled.insert("scUsageScenarios".to_owned(), "sandbox:delay=soon".into());
    let body = bytes(&spoiled);
    let answered = post(&endpoint(), &sign(&claims(), &body), body).await;
    assert_eq!(answered.code(), "30");
    assert_eq!(
        answered.json()["msgResponse"]["errorDetail"],
        "scUsageScenarios: delay= takes a duration such as 3s or 500ms, at most 10m"
    );
}

#[tokio::test]
async fn an_order_id_is_answered_once_and_then_duplicated() {
    let endpoint = endpoint();
    let body = bytes(&request());
    let signature = sign(&claims(), &body);
    assert_eq!(post(&endpoint, &signature, body.clone()).await.code(), "00");
    let second = post(&endpoint, &signature, body).await;
    assert_eq!(
        (second.code().as_str(), verify(&second).as_str()),
        ("94", UUID)
    );
    assert_eq!(endpoint.processor.posts().of(ORDER_ID).unwrap().posts, 2);
}

#[tokio::test]
async fn a_refused_request_leaves_its_order_id_unused() {
    let endpoint = endpoint();
    let mut spoiled = request();
    spoiled.insert("tradeType".to_owned(), "ID0204".into());
    let (spoiled, good) = (bytes(&spoiled), bytes(&request()));
    let refused = post(&endpoint, &sign(&claims(), &spoiled), spoiled).await;
    assert_eq!(refused.code(), "30");
    assert_eq!(post(&endpoint, "", good.clone()).await.status, 401);
    assert_eq!(
        post(&endpoint, &sign(&claims(), &good), good).await.code(),
        "00"
    );
}

#[tokio::test]
async fn other_paths_and_methods_are_not_served() {
    let endpoint = endpoint();
    for path in [
        "/",
        "/ordersx",
        "/uais/sandbox/v1",
        &format!("{REQUEST_PATH}/"),
    ] {
        assert_eq!(
            get(&endpoint, path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let queried = Request::post(format!("{REQUEST_PATH}?a=b")).body(Full::default());
    let queried = ask(&endpoint, queried.unwrap()).await;
    assert_eq!(queried.status, StatusCode::NOT_FOUND);
    let got = get(&endpoint, REQUEST_PATH).await;
    assert_eq!(got.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(got.headers[ALLOW], "POST");
    let posted = Request::post("/orders").body(Full::default()).unwrap();
    let posted = ask(&endpoint, posted).await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(posted.headers[ALLOW], "GET");
}

#[tokio::test]
async fn other_content_types_are_refused() {
    let body = bytes(&request());
    let signature = sign(&claims(), &body);
    let with = |content_type: Option<&str>| {
        let mut request = Request::post(REQUEST_PATH).header("UPI-JWS", &signature);
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        request.body(Full::from(body.clone())).unwrap()
    };
    for content_type in [
        None,
        Some("application/json"),
        Some("text/plain;charset=UTF-8"),
        Some("application/json;charset=GBK"),
        Some("application/x-www-form-urlencoded"),
    ] {
        let answered = ask(&endpoint(), with(content_type)).await;
        assert_eq!(answered.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    for content_type in [
        "application/json; charset=utf-8",
        "Application/JSON;Charset=\"UTF-8\"",
    ] {
        let answered = ask(&endpoint(), with(Some(content_type))).await;
        assert_eq!(answered.code(), "00");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let largest = post(&endpoint(), "", vec![b' '; MAX_BODY]).await;
    assert_eq!(largest.status, StatusCode::UNAUTHORIZED);
    let larger = post(&endpoint(), "", vec![b' '; MAX_BODY + 1]).await;
    assert_eq!(larger.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn one_order_is_shown_under_its_percent_encoded_id() {
    let endpoint = endpoint();
    let odd = "20260101 00/00%00?AAAAAAAAAAAAAAAAA";
    assert_eq!(odd.len(), 35);
    let mut request = request();
    request.insert("orderID".to_owned(), odd.into());
    let body = bytes(&request);
    post(&endpoint, &sign(&claims(), &body), body.clone()).await;
    let path = "/orders/20260101%2000%2F00%2500%3FAAAAAAAAAAAAAAAAA";
    let one = get(&endpoint, path).await;
    assert_eq!(one.status, StatusCode::OK);
    assert_eq!(one.json()["posts"], 1);
    assert_eq!(one.json()["body_bytes"], body.len());
    assert_eq!(one.json()["jws_header"]["UPI-UUID"], UUID);
    assert_eq!(one.json()["jwe_header"]["alg"], "RSA1_5");
    assert_eq!(
        get(&endpoint, "/orders").await.json()["orders"][odd],
        one.json()
    );
    for absent in [
        "/orders/unknown",
        "/orders/%",
        "/orders/%4",
        "/orders/%+1",
        "/orders/%FF",
    ] {
        assert_eq!(get(&endpoint, absent).await.status, StatusCode::NOT_FOUND);
    }
}
