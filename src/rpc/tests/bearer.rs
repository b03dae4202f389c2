//! Callers with bearer tokens: who is admitted, and what a bad token is told, before anything is read.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::callers::{AUDIT, BOTH, Bank, LOANS, rule, signed, unauthenticated};
use super::log::Log;
use super::raw::{Connection, VERIFY};
use super::rig::{Rig, Setup, get, request, row, setup};
use crate::bearer::tests::issuer::{Signer, hmac, set, unsigned};
use crate::bearer::tests::server::{Manner, Server};
use crate::bearer::tests::{good_at, settings};
use crate::bearer::{Checker, KeySet, Source};
use crate::callers::{Network, Roster, Rule};
use crate::domain::{Method, Reads};
use crate::observe::Nobody;
use crate::pb;
use crate::verify::port::{SystemClock, Tokens};

fn rules() -> Vec<Rule> {
    vec![
        rule("loans", "jwt:loans", BOTH, Reads::Own),
        rule("cards", "spiffe://bank.example/loans/*", BOTH, Reads::Own),
        rule("audit", "jwt:audit", &[Method::GetVerification], Reads::All),
    ]
}

fn checking(source: Source) -> Arc<Checker> {
    let checker = Checker::new(settings(source), Arc::new(SystemClock), Arc::new(Nobody));
    Arc::new(checker)
}

fn knowing(signers: &[&Signer]) -> Arc<Checker> {
    checking(Source::File(Arc::new(
        KeySet::parse(&set(signers)).unwrap(),
    )))
}

async fn open(tokens: Arc<Checker>) -> Rig {
    let setup = Setup {
        admission: Arc::new(Roster::new(rules(), Vec::new())),
        tokens: Some(tokens as Arc<dyn Tokens>),
        ..setup()
    };
    setup.start().await
}

fn good() -> Value {
    good_at(OffsetDateTime::now_utc().unix_timestamp())
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = good();
    claims
        .as_object_mut()
        .unwrap()
        .insert(name.to_owned(), value);
    claims
}

/// From now on, in seconds.
fn at(seconds: i64) -> Value {
    json!(OffsetDateTime::now_utc().unix_timestamp() + seconds)
}

/// A call with these authorization headers.
async fn verify(rig: &Rig, headers: &[&str]) -> Result<(), Status> {
    let mut request = tonic::Request::new(request("1"));
    for header in headers {
        let header = header.parse().unwrap();
        request.metadata_mut().append("authorization", header);
    }
    let call = rig.client().verify_id_photo(request).await;
    call.map(|_| ())
}

async fn bearing(rig: &Rig, token: &str) -> Result<(), Status> {
    verify(rig, &[&format!("Bearer {token}")]).await
}

/// Nothing was sent, and nothing is recorded: whoever reads everything finds no order.
async fn untouched(rig: &Rig, auditor: &str) {
    assert_eq!(rig.upi.posts(), 0);
    let mut request = tonic::Request::new(get("1"));
    let header = format!("Bearer {auditor}").parse().unwrap();
    request.metadata_mut().insert("authorization", header);
    let found = rig.client().get_verification(request).await.unwrap_err();
    assert_eq!(found.code(), Code::NotFound);
}

#[tokio::test]
async fn a_token_says_who_calls() {
    let signer = Signer::p256("a");
    let rig = open(knowing(&[&signer])).await;
    let token = signer.token("ES256", &good());
    bearing(&rig, &token).await.unwrap();
    verify(&rig, &[&format!("bEARER  {token}")]).await.unwrap();
    let stranger = signer.token("ES256", &with("sub", json!("stranger")));
    let status = bearing(&rig, &stranger).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    let auditor = signer.token("ES256", &with("sub", json!("audit")));
    let status = bearing(&rig, &auditor).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(rig.upi.posts(), 1);
}

#[tokio::test]
async fn health_needs_no_token_and_minds_none() {
    let rig = open(knowing(&[&Signer::p256("a")])).await;
    let mut health = HealthClient::new(rig.channel());
    let mut request = tonic::Request::new(HealthCheckRequest::default());
    health.check(HealthCheckRequest::default()).await.unwrap();
    request
        .metadata_mut()
        .insert("authorization", "Bearer x".parse().unwrap());
    health.check(request).await.unwrap();
}

#[tokio::test]
async fn a_bad_token_is_nobodys_and_nothing_is_claimed_and_the_log_says_why() {
    let (log, _guard) = Log::start();
    let (rsa, ec) = (Signer::rsa("r", 2048), Signer::p256("e"));
    let rig = open(knowing(&[&rsa, &ec])).await;
    let of = |claims: &Value| ec.token("ES256", claims);
    let pem = rsa.key.public_key_to_pem().unwrap();
    let foreign = ec.signed("ES256", &json!({ "alg": "RS256", "kid": "e" }), &good());
    let critical = json!({ "alg": "ES256", "kid": "e", "crit": ["exp"], "exp": 1 });
    for (token, cause) in [
        (of(&with("exp", at(-120))), "the token's exp is over"),
        (of(&with("nbf", at(120))), "the token's nbf is to come"),
        (of(&with("iat", at(120))), "the token's iat is to come"),
        (
            of(&with("aud", json!("other"))),
            "the token's aud does not hold auth.jwt.audience",
        ),
        (
            of(&with("iss", json!("other"))),
            "the token's iss is not auth.jwt.issuer",
        ),
        (of(&with("exp", json!(null))), "the token has no exp"),
        (
            of(&with("sub", json!(""))),
            "the token's sub is missing, or can be nobody's identity",
        ),
        (foreign, "the token's alg is not one of its key"),
        (
            Signer::p256("p").token("ES256", &good()),
            "no key has the token's kid",
        ),
        (
            unsigned("r", &good()),
            "the token's alg is none of RS256, PS256, ES256 and EdDSA",
        ),
        (
            hmac("r", &pem, &good()),
            "the token's alg is none of RS256, PS256, ES256 and EdDSA",
        ),
        (ec.signed("ES256", &critical, &good()), "the token has crit"),
        (
            Signer::p256("e").token("ES256", &good()),
            "the token's signature does not fit",
        ),
        (
            "garbage".to_owned(),
            "the token is not three parts of base64url, with JSON objects in the first two",
        ),
    ] {
        let before = log.lines().len();
        let status = bearing(&rig, &token).await.unwrap_err();
        assert_eq!(row(&status), unauthenticated(), "{cause}");
        let told = format!("{status:?}");
        let lines = log.lines().split_off(before);
        let line = lines.last().unwrap();
        assert_eq!(line["cause"], cause);
        for part in token.split('.').filter(|part| !part.is_empty()) {
            assert!(
                !told.contains(part) && !log.text().contains(part),
                "{cause}"
            );
        }
    }
    untouched(&rig, &of(&with("sub", json!("audit")))).await;
}

#[tokio::test]
async fn an_authorization_that_is_no_bearer_token_is_refused() {
    let signer = Signer::p256("a");
    let rig = open(knowing(&[&signer])).await;
    let good = format!("Bearer {}", signer.token("ES256", &good()));
    for headers in [
        &[good.as_str(), good.as_str()][..],
        &["Basic bG9hbnM6", good.as_str()],
        &["Basic bG9hbnM6"],
        &["Bearer"],
        &["Bearer "],
        &[""],
        &[],
    ] {
        let status = verify(&rig, headers).await.unwrap_err();
        assert_eq!(row(&status), unauthenticated(), "{}", headers.len());
    }
    assert_eq!(rig.upi.posts(), 0);
}

#[tokio::test]
async fn a_gigantic_token_is_refused_without_being_parsed() {
    let (log, _guard) = Log::start();
    let signer = Signer::p256("a");
    let mut wide = Setup {
        admission: Arc::new(Roster::new(rules(), Vec::new())),
        tokens: Some(knowing(&[&signer])),
        ..setup()
    };
    wide.settings.limits.header_bytes = 2 * 1024 * 1024;
    let rig = wide.start().await;
    let gigantic = format!("Bearer {}", "a".repeat(1024 * 1024));
    let connection = Connection::open(rig.address).await;
    let headers = [
        ("content-type", "application/grpc"),
        ("authorization", &gigantic),
    ];
    let status = connection.stream(VERIFY, &headers).await.error().await;
    assert_eq!(row(&status), unauthenticated());
    let line = log.lines().pop().unwrap();
    assert_eq!(line["cause"], "the token is too long");
}

/// With the limit of headers that there is by itself, it does not come so far.
#[tokio::test]
async fn a_token_beyond_the_limit_of_headers_is_refused_as_too_large() {
    let rig = open(knowing(&[&Signer::p256("a")])).await;
    let large = "a".repeat(100 * 1024);
    let status = bearing(&rig, &large).await.unwrap_err();
    assert_eq!(row(&status).1, "REQUEST_TOO_LARGE");
    assert_eq!(rig.upi.posts(), 0);
}

/// Headers alone are answered: the body never comes.
#[tokio::test]
async fn a_bad_token_is_refused_before_anything_is_read() {
    let rig = open(knowing(&[&Signer::p256("a")])).await;
    let connection = Connection::open(rig.address).await;
    let headers = [
        ("content-type", "application/grpc"),
        ("authorization", "Bearer a.b.c"),
    ];
    let status = connection.stream(VERIFY, &headers).await.error().await;
    assert_eq!(row(&status), unauthenticated());
}

#[tokio::test]
async fn an_unknown_key_is_waited_for_once() {
    let (old, new) = (Signer::p256("old"), Signer::p256("new"));
    let server = Server::start(Manner::Keys(set(&[&old]))).await;
    let tokens = checking(server.source(Duration::ZERO));
    tokens.begin().await;
    let rig = open(tokens).await;
    bearing(&rig, &old.token("ES256", &good())).await.unwrap();
    server.turn(Manner::Keys(set(&[&old, &new])));
    bearing(&rig, &new.token("ES256", &good())).await.unwrap();
    assert_eq!(server.asked(), 2);
    server.turn(Manner::Dead);
    let stranger = Signer::p256("stranger").token("ES256", &good());
    let status = bearing(&rig, &stranger).await.unwrap_err();
    assert_eq!(row(&status), unauthenticated());
    bearing(&rig, &old.token("ES256", &good())).await.unwrap();
}

#[tokio::test]
async fn a_token_goes_before_the_certificate_and_has_to_be_good() {
    let signer = Signer::p256("a");
    let bank = Bank::with(rules(), |setup| Setup {
        tokens: Some(knowing(&[&signer])),
        ..setup
    });
    let bank = bank.await;
    let call = async |header: Option<String>| {
        let mut request = tonic::Request::new(request("1"));
        if let Some(header) = header {
            let header = header.parse().unwrap();
            request.metadata_mut().insert("authorization", header);
        }
        bank.client(LOANS)
            .verify_id_photo(request)
            .await
            .map(|_| ())
    };
    let token = signer.token("ES256", &good());
    call(Some(format!("Bearer {token}"))).await.unwrap();
    // The same order is that of the token's caller, and not of the certificate's.
    let status = call(None).await.unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists);
    let status = call(Some("Bearer x".to_owned())).await.unwrap_err();
    assert_eq!(row(&status), unauthenticated());
}

#[tokio::test]
async fn a_token_goes_before_the_word_of_a_proxy() {
    let signer = Signer::p256("a");
    let proxies = vec![Network::parse("127.0.0.0/8").unwrap()];
    let setup = Setup {
        admission: Arc::new(Roster::new(rules(), proxies)),
        tokens: Some(knowing(&[&signer])),
        ..setup()
    };
    let rig = setup.start().await;
    let call = async |token: &str| {
        let mut request = tonic::Request::new(request("1"));
        let metadata = request.metadata_mut();
        metadata.insert("authorization", format!("Bearer {token}").parse().unwrap());
        let said = format!("URI={LOANS}").parse().unwrap();
        metadata.insert("x-forwarded-client-cert", said);
        rig.client().verify_id_photo(request).await.map(|_| ())
    };
    let status = call("x").await.unwrap_err();
    assert_eq!(row(&status), unauthenticated());
    call(&signer.token("ES256", &good())).await.unwrap();
}

#[tokio::test]
async fn where_tokens_mean_nothing_the_header_is_ignored() {
    let bank = Bank::open().await;
    let identity = signed(&bank.clients, LOANS);
    let channel = bank.channel(Some(identity));
    let mut client = pb::id_photo_service_client::IdPhotoServiceClient::new(channel);
    let mut request = tonic::Request::new(request("1"));
    request
        .metadata_mut()
        .insert("authorization", "Bearer x".parse().unwrap());
    client.verify_id_photo(request).await.unwrap();
    bank.client(AUDIT).get_verification(get("1")).await.unwrap();
}
