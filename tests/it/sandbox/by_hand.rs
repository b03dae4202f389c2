//! A participant that shares no codec with the crate: tokens from another implementation,
//! signatures by OpenSSL. A mistake that both ends of the crate make alike comes out here.

use std::sync::Arc;

use idphoto::sandbox::{Keys, Sandbox, Settings};
use idphoto::upi::key::{Kid, PrivateKey, PublicKey};
use idphoto::verify::port::Clock;
use openssl::base64::{decode_block, encode_block};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::{Signer, Verifier};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Running, run, settings};
use crate::data;
use idphoto::observe::Nobody;

const NOW: i64 = 1_790_000_000;
const APP_ID: &str = "00520446";
const PATH: &str = "/example/v1/idcardphotoverification";
const PARTICIPANT: &str = "1555570302";
const UPI_SIGNING: &str = "1560936206326";
const UPI_ENCRYPTION: &str = "1560935656467";
const UUID: &str = "58ccdf59393185644490cfc306f01011";

struct Then;

impl Clock for Then {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(NOW).unwrap()
    }
}

fn key(name: &str) -> Vec<u8> {
    data::read(&format!("vectors/keys/{name}"))
}

fn vectors(name: &str) -> Value {
    serde_json::from_slice(&data::read(&format!("vectors/{name}"))).unwrap()
}

async fn start() -> Running {
    let private = |kid, name| {
        let key = PrivateKey::load(&key(name), None).unwrap();
        (Kid::parse(kid).unwrap(), key)
    };
    let participant = PublicKey::load(&key("participant-signing.pub.pem")).unwrap();
    let keys = Keys {
        participant: (Kid::parse(PARTICIPANT).unwrap(), participant),
        signing: private(UPI_SIGNING, "upi-signing.key.pem"),
        encryption: private(UPI_ENCRYPTION, "upi-encryption.key.pem"),
    };
    let settings = Settings {
        app_id: APP_ID.to_owned(),
        request_path: PATH.to_owned(),
        ..settings()
    };
    run(
        Sandbox::bind(settings, &keys, Arc::new(Then), Arc::new(Nobody))
            .await
            .unwrap(),
    )
}

fn base64url(bytes: &[u8]) -> String {
    let base64 = encode_block(bytes).replace('+', "-").replace('/', "_");
    base64.trim_end_matches('=').to_owned()
}

fn from_base64url(text: &str) -> Vec<u8> {
    let mut base64 = text.replace('-', "+").replace('_', "/");
    base64.push_str(&"=".repeat((4 - base64.len() % 4) % 4));
    decode_block(&base64).unwrap()
}

fn sign(body: &str) -> String {
    let header = format!(
        r#"{{"alg":"RS256","kid":"{PARTICIPANT}","crit":["UPI-UUID","UPI-TIMESTAMP","UPI-APPID","UPI-REQPATH"],"UPI-UUID":"{UUID}","UPI-TIMESTAMP":"{NOW}","UPI-APPID":"{APP_ID}","UPI-REQPATH":"{PATH}"}}"#
    );
    let header = base64url(header.as_bytes());
    let key = PKey::private_key_from_pem(&key("participant-signing.key.pem")).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    let input = format!("{header}.{}", base64url(body.as_bytes()));
    let signature = signer.sign_oneshot_to_vec(input.as_bytes()).unwrap();
    format!("{header}..{}", base64url(&signature))
}

async fn post(sandbox: &Running, jws: &str, body: &str) -> reqwest::Response {
    let request = reqwest::Client::new()
        .post(sandbox.url(PATH))
        .header("Content-Type", "application/json;charset=UTF-8")
        .header("UPI-JWS", jws)
        .body(body.to_owned());
    request.send().await.unwrap()
}

/// The protected header and the body of an answer whose signature OpenSSL verified.
async fn opened(response: reqwest::Response) -> (Value, Value) {
    assert_eq!(response.status(), 200);
    let jws = response.headers()["UPI-JWS"].to_str().unwrap().to_owned();
    let body = response.bytes().await.unwrap();
    let (header, signature) = jws.split_once("..").unwrap();
    let key = PKey::public_key_from_pem(&key("upi-signing.pub.pem")).unwrap();
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
    let input = format!("{header}.{}", base64url(&body));
    let signature = from_base64url(signature);
    assert!(
        verifier
            .verify_oneshot(&signature, input.as_bytes())
            .unwrap()
    );
    let header = serde_json::from_slice(&from_base64url(header)).unwrap();
    (header, serde_json::from_slice(&body).unwrap())
}

fn body(order_id: &str, token: &str) -> String {
    let photo = encode_block(&data::read("photos/limit-153600.jpg"));
    format!(
        r#"{{"memberIIN":"{APP_ID}","memberName":"Example","merchantID":"1","merchantName":"Shop","mcc":"6011","tradeType":"ID0203","encData":"{token}","photo":"{photo}","orderID":"{order_id}","scUsageScenarios":"sandbox:confidence=97","scUsePurpose":"test","protocolVerNm":"terms 1","serialNm":"20260101000001"}}"#
    )
}

#[tokio::test]
async fn requests_of_other_implementations_are_answered_and_the_answer_verifies_by_openssl() {
    let sandbox = start().await;
    let tokens = vectors("jwe.json");
    let mut accepted = 0;
    for vector in tokens["valid"].as_array().unwrap() {
        let plaintext: Value = match serde_json::from_str(vector["plaintext"].as_str().unwrap()) {
            Ok(plaintext) => plaintext,
            // Made to test decryption alone.
            Err(_) => continue,
        };
        if plaintext["customerNm"].is_null() {
            continue;
        }
        let body = body(
            &format!("{accepted:0>35}"),
            vector["token"].as_str().unwrap(),
        );
        let (header, answer) = opened(post(&sandbox, &sign(&body), &body).await).await;
        assert_eq!(
            header,
            json!({
                "alg": "RS256",
                "kid": UPI_SIGNING,
                "crit": ["UPI-UUID", "UPI-TIMESTAMP", "UPI-APPID"],
                "UPI-UUID": UUID,
                "UPI-TIMESTAMP": NOW.to_string(),
                "UPI-APPID": APP_ID,
            })
        );
        assert_eq!(answer["confidence"], "97", "{}", vector["name"]);
        assert_eq!(answer["msgResponse"]["responseCode"], "00");
        accepted += 1;
    }
    assert!(accepted >= 4, "{accepted}");
}

#[tokio::test]
async fn tokens_that_other_implementations_spoiled_are_refused_as_encdata() {
    let sandbox = start().await;
    let tokens = vectors("jwe.json");
    let invalid = tokens["invalid"].as_array().unwrap();
    assert!(!invalid.is_empty());
    for (number, vector) in invalid.iter().enumerate() {
        let body = body(&format!("{number:0>35}"), vector["token"].as_str().unwrap());
        let (_, answer) = opened(post(&sandbox, &sign(&body), &body).await).await;
        let name = &vector["name"];
        assert_eq!(answer["msgResponse"]["responseCode"], "30", "{name}");
        let detail = answer["msgResponse"]["errorDetail"].as_str().unwrap();
        assert!(detail.starts_with("encData: "), "{name}: {detail}");
    }
}

#[tokio::test]
async fn signatures_of_other_implementations_pass_and_their_bodies_are_judged() {
    let sandbox = start().await;
    let requests = vectors("jws-request.json");
    let mut judged = 0;
    for vector in requests["vectors"].as_array().unwrap() {
        let Some(body) = vector["body"].as_str() else {
            continue;
        };
        let jws = vector["upi_jws"].as_str().unwrap();
        let (_, answer) = opened(post(&sandbox, jws, body).await).await;
        assert_eq!(
            answer["msgResponse"]["responseCode"], "30",
            "{}",
            vector["name"]
        );
        let spoiled = post(&sandbox, jws, &format!("{body} ")).await;
        assert_eq!(spoiled.status(), 401, "{}", vector["name"]);
        judged += 1;
    }
    assert!(judged >= 5, "{judged}");
}
