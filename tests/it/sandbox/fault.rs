//! Each fault as it shows on the wire: wrong in its one way, and good in all others.

use std::io::ErrorKind;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use idphoto::sandbox::Fault;
use idphoto::sandbox::kit::{APP_ID, REQUEST_PATH};
use idphoto::upi::jws::{Expected, JwsError, Verifier};
use idphoto::upi::key::Kid;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::participant::{Participant, UUID};
use super::{KIT, Running, start};
use crate::requests::order_id;

/// What the answer says where the fault lets it.
const CONFIDENCE: u8 = 7;

fn good() -> Value {
    json!({
        "confidence": CONFIDENCE.to_string(),
        "msgResponse": {"responseCode": "00", "responseMsg": "Approved"},
    })
}

/// A usage scenario has at most 40 characters: faults with long names go alone, and then
/// the confidence is the computed one.
fn scenario(fault: Fault) -> String {
    let both = format!("sandbox:confidence={CONFIDENCE},fault={fault}");
    if both.len() <= 40 {
        both
    } else {
        format!("sandbox:fault={fault}")
    }
}

struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answered {
    fn signature(&self) -> Result<String, JwsError> {
        self.signature_by(&Participant::new(&KIT).keys.verification)
    }

    fn signature_by(
        &self,
        keys: &[(idphoto::upi::key::Kid, idphoto::upi::key::PublicKey)],
    ) -> Result<String, JwsError> {
        let expected = Expected {
            app_id: APP_ID,
            request_path: REQUEST_PATH,
            require_request_path: false,
            now: OffsetDateTime::now_utc().unix_timestamp(),
            window: Duration::from_secs(300),
        };
        let jws = self.headers["UPI-JWS"].to_str().unwrap();
        let verified = Verifier::new(keys)
            .unwrap()
            .verify(jws, &self.body, &expected);
        verified.map(|verified| verified.upi_uuid)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

async fn answered(sandbox: &Running, fault: Fault) -> Answered {
    let redirects = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder()
        .redirect(redirects)
        .build()
        .unwrap();
    let participant = Participant::new(&KIT);
    let request = participant.request(&sandbox.url(REQUEST_PATH), &order_id(), &scenario(fault));
    let response = client.execute(request).await.unwrap();
    Answered {
        status: response.status(),
        headers: response.headers().clone(),
        body: response.bytes().await.unwrap().to_vec(),
    }
}

#[tokio::test]
async fn faults_of_the_signature_leave_the_rest_good() {
    let sandbox = start().await;
    let nobodys = Kid::parse("sandbox-kid-that-nobody-knows").ok();
    for (fault, error) in [
        (Fault::BadSignature, JwsError::Signature),
        (Fault::WrongKey, JwsError::Signature),
        (Fault::StaleTimestamp, JwsError::TimestampOutsideWindow),
        (Fault::OtherAppId, JwsError::AppId),
        (Fault::OtherPath, JwsError::RequestPath),
        (Fault::UnknownKid, JwsError::KidUnknown(nobodys)),
        (Fault::AlgNone, JwsError::Algorithm),
        (Fault::Tampered, JwsError::Signature),
    ] {
        let answered = answered(&sandbox, fault).await;
        assert_eq!(answered.status, StatusCode::OK, "{fault}");
        assert_eq!(answered.signature(), Err(error), "{fault}");
        assert_eq!(
            answered.json()["msgResponse"],
            good()["msgResponse"],
            "{fault}"
        );
    }
}

#[tokio::test]
async fn no_signature_means_no_header() {
    let answered = answered(&start().await, Fault::NoSignature).await;
    assert_eq!(answered.status, StatusCode::OK);
    assert!(!answered.headers.contains_key("UPI-JWS"));
    assert_eq!(answered.json(), good());
}

#[tokio::test]
async fn the_wrong_key_is_upis_encryption_key() {
    let answered = answered(&start().await, Fault::WrongKey).await;
    let keys = Participant::new(&KIT).keys;
    let mistaken = (keys.verification[0].0.clone(), keys.encryption.1);
    assert_eq!(answered.signature_by(&[mistaken]).unwrap(), UUID);
    assert_eq!(answered.json(), good());
}

#[tokio::test]
async fn a_tampered_body_is_a_better_answer_than_the_signed_one() {
    let answered = answered(&start().await, Fault::Tampered).await;
    assert_eq!(answered.json()["confidence"], "100");
}

#[tokio::test]
async fn faults_of_the_body_are_signed() {
    let sandbox = start().await;
    for fault in [
        Fault::NoConfidence,
        Fault::Confidence101,
        Fault::MalformedJson,
        Fault::NoResponseCode,
        Fault::Html,
        Fault::EmptyBody,
        Fault::Oversized,
    ] {
        let answered = answered(&sandbox, fault).await;
        assert_eq!(answered.status, StatusCode::OK, "{fault}");
        assert_eq!(answered.signature().as_deref(), Ok(UUID), "{fault}");
        match fault {
            Fault::NoConfidence => {
                assert_eq!(
                    answered.json(),
                    json!({"msgResponse": good()["msgResponse"]})
                );
            }
            Fault::Confidence101 => assert_eq!(answered.json()["confidence"], "101"),
            Fault::NoResponseCode => {
                let message = json!({"responseMsg": "Approved"});
                assert_eq!(answered.json()["msgResponse"], message);
            }
            Fault::Oversized => {
                assert!(answered.body.len() > 64 * 1024);
                assert_eq!(answered.json(), good());
            }
            Fault::EmptyBody => assert!(answered.body.is_empty()),
            _ => assert!(
                serde_json::from_slice::<Value>(&answered.body).is_err(),
                "{fault}"
            ),
        }
    }
}

#[tokio::test]
async fn faults_of_the_status_come_with_a_good_signed_body() {
    let sandbox = start().await;
    for (fault, status) in [
        (Fault::Http500, StatusCode::INTERNAL_SERVER_ERROR),
        (Fault::Http400, StatusCode::BAD_REQUEST),
        (Fault::Redirect, StatusCode::TEMPORARY_REDIRECT),
    ] {
        let answered = answered(&sandbox, fault).await;
        assert_eq!(answered.status, status);
        assert_eq!(answered.signature().as_deref(), Ok(UUID), "{fault}");
        assert_eq!(answered.json(), good());
        let location = answered
            .headers
            .get("Location")
            .map(|path| path.to_str().unwrap());
        assert_eq!(location, (fault == Fault::Redirect).then_some(REQUEST_PATH));
    }
}

#[tokio::test]
async fn unauthorized_is_the_gateways_unsigned_refusal() {
    let answered = answered(&start().await, Fault::Unauthorized).await;
    assert_eq!(answered.status, StatusCode::UNAUTHORIZED);
    assert!(!answered.headers.contains_key("UPI-JWS"));
    let refusal = json!({"responseCode": "E0", "responseMsg": "Unauthorized access"});
    assert_eq!(answered.json(), json!({"MsgResponse": refusal}));
}

/// Sends a request over a connection of its own.
async fn raw(sandbox: &Running, fault: Fault) -> TcpStream {
    let participant = Participant::new(&KIT);
    let body = participant.body(&order_id(), &scenario(fault));
    let head = format!(
        "POST {REQUEST_PATH} HTTP/1.1\r\nHost: upi\r\nUPI-JWS: {}\r\n\
         Content-Type: application/json;charset=UTF-8\r\nContent-Length: {}\r\n\r\n",
        participant.sign(&body),
        body.len()
    );
    let mut stream = TcpStream::connect(sandbox.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    stream
}

#[tokio::test]
async fn reset_ends_the_connection_by_rst_and_close_by_fin() {
    let sandbox = start().await;
    let mut stream = raw(&sandbox, Fault::Reset).await;
    let reset = stream.read(&mut [0]).await.unwrap_err();
    assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
    let mut stream = raw(&sandbox, Fault::Close).await;
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_truncated_answer_ends_before_its_announced_length() {
    let sandbox = start().await;
    let mut received = String::new();
    let mut stream = raw(&sandbox, Fault::Truncated).await;
    stream.read_to_string(&mut received).await.unwrap();
    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    let whole = good().to_string();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let length = format!("content-length: {}\r\n", whole.len());
    assert!(head.contains(&length), "{head}");
    assert_eq!(body, &whole[..whole.len() / 2]);
}

#[tokio::test]
async fn hang_says_nothing_and_notices_when_the_client_leaves() {
    let sandbox = start().await;
    let mut stream = raw(&sandbox, Fault::Hang).await;
    let silence = timeout(Duration::from_millis(300), stream.read(&mut [0])).await;
    assert!(silence.is_err());
    stream.shutdown().await.unwrap();
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_slow_body_begins_and_goes_on_without_an_end() {
    let sandbox = start().await;
    let mut stream = raw(&sandbox, Fault::SlowBody).await;
    let mut received = Vec::new();
    let listening = async { while stream.read_buf(&mut received).await.unwrap() > 0 {} };
    assert!(timeout(Duration::from_secs(1), listening).await.is_err());
    let received = String::from_utf8(received).unwrap();
    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert!(body.matches("1\r\n \r\n").count() >= 2, "{body:?}");
    assert!(!body.contains("0\r\n\r\n"));
}
