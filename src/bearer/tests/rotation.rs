//! Keys that change while tokens come.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::super::{Checker, FetchError, KeySet, KeySetError, Source};
use super::issuer::{Signer, set};
use super::server::{Manner, Server};
use super::{Still, TokenFlaw, check, checker, good, settings};
use crate::observe::Nobody;

const NO_GAP: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(3600);

fn fetching(server: &Server, gap: Duration) -> Checker {
    Checker::new(
        settings(server.source(gap)),
        Arc::new(Still),
        Arc::new(Nobody),
    )
}

fn keys(signers: &[&Signer]) -> Manner {
    Manner::Keys(set(signers))
}

#[tokio::test]
async fn a_token_of_a_new_key_has_the_keys_read_once_and_is_good() {
    let (old, new) = (Signer::p256("old"), Signer::p256("new"));
    let server = Server::start(keys(&[&old])).await;
    let checker = fetching(&server, NO_GAP);
    checker.begin().await;
    check(&checker, &old.token("ES256", &good())).await.unwrap();
    assert_eq!(server.asked(), 1);
    server.turn(keys(&[&old, &new]));
    let token = new.token("ES256", &good());
    let all = join_all((0..20).map(|_| check(&checker, &token))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn keys_that_nobody_has_are_not_asked_for_again_and_again() {
    let (known, stranger) = (Signer::p256("a"), Signer::p256("b"));
    let server = Server::start(keys(&[&known])).await;
    let checker = fetching(&server, LONG);
    checker.begin().await;
    for _ in 0..50 {
        let token = stranger.token("ES256", &good());
        assert_eq!(check(&checker, &token).await, Err(TokenFlaw::UnknownKey));
    }
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn only_an_unknown_key_has_the_keys_read() {
    let (known, stranger) = (Signer::p256("a"), Signer::p256("a"));
    let server = Server::start(keys(&[&known])).await;
    let checker = fetching(&server, NO_GAP);
    checker.begin().await;
    let forged = stranger.token("ES256", &good());
    let late = known.token("ES256", &super::with("exp", serde_json::json!(0)));
    let rsa = known.signed(
        "ES256",
        &serde_json::json!({ "alg": "RS256", "kid": "a" }),
        &good(),
    );
    for token in [&forged, &late, &rsa, "garbage"] {
        check(&checker, token).await.unwrap_err();
    }
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn the_last_keys_stay_when_there_are_no_others() {
    let (known, stranger) = (Signer::p256("a"), Signer::p256("b"));
    let server = Server::start(keys(&[&known])).await;
    let checker = fetching(&server, NO_GAP);
    checker.begin().await;
    for (count, manner) in [
        Manner::Dead,
        Manner::Status(500, String::new()),
        Manner::Keys(b"{}".to_vec()),
        Manner::Keys(b"{\"keys\":[]}".to_vec()),
        Manner::Flood(10 * 1024 * 1024),
    ]
    .into_iter()
    .enumerate()
    {
        server.turn(manner);
        let flaw = check(&checker, &stranger.token("ES256", &good())).await;
        assert_eq!(flaw, Err(TokenFlaw::UnknownKey));
        check(&checker, &known.token("ES256", &good()))
            .await
            .unwrap();
        assert_eq!(server.asked(), count + 2);
    }
}

#[tokio::test]
async fn a_key_that_is_taken_away_counts_no_more_and_nor_does_what_it_vouched_for() {
    let (one, other) = (Signer::p256("a"), Signer::p256("b"));
    let checker = checker(&[&one, &other]);
    let token = one.token("ES256", &good());
    check(&checker, &token).await.unwrap();
    let rest = KeySet::parse(&set(&[&other])).unwrap();
    checker.renew(&Source::File(Arc::new(rest)));
    assert_eq!(check(&checker, &token).await, Err(TokenFlaw::UnknownKey));
}

#[tokio::test]
async fn without_keys_no_token_is_good_until_they_come() {
    let signer = Signer::p256("a");
    let server = Server::start(Manner::Dead).await;
    let checker = fetching(&server, NO_GAP);
    checker.begin().await;
    let token = signer.token("ES256", &good());
    assert_eq!(check(&checker, &token).await, Err(TokenFlaw::NoKeys));
    server.turn(keys(&[&signer]));
    check(&checker, &token).await.unwrap();
}

#[tokio::test]
async fn keys_of_a_file_count_until_those_of_the_url_come() {
    let (old, new) = (Signer::p256("old"), Signer::p256("new"));
    let server = Server::start(Manner::Dead).await;
    let before = Arc::new(KeySet::parse(&set(&[&old])).unwrap());
    let Source::Url(fetcher, pace, None) = server.source(NO_GAP) else {
        panic!("another source");
    };
    let source = Source::Url(fetcher, pace, Some(before));
    let checker = Checker::new(settings(source), Arc::new(Still), Arc::new(Nobody));
    checker.begin().await;
    let token = old.token("ES256", &good());
    check(&checker, &token).await.unwrap();
    server.turn(keys(&[&new]));
    check(&checker, &new.token("ES256", &good())).await.unwrap();
    let flaw = check(&checker, &token).await;
    assert_eq!(flaw, Err(TokenFlaw::UnknownKey));
}

#[tokio::test(start_paused = true)]
async fn keys_are_read_again_and_again() {
    let signer = Signer::p256("a");
    let server = Server::start(keys(&[&signer])).await;
    let checker = Arc::new(fetching(&server, LONG));
    checker.begin().await;
    let keeping = Arc::clone(&checker);
    let keeping = tokio::spawn(async move { keeping.keep().await });
    while server.asked() < 4 {
        tokio::time::advance(Duration::from_secs(60)).await;
        tokio::task::yield_now().await;
    }
    keeping.abort();
}

#[tokio::test]
async fn a_set_is_read_to_its_bound_and_no_further() {
    let server = Server::start(Manner::Dead).await;
    let fetch = async |manner| {
        server.turn(manner);
        server.fetcher().fetch().await.err().unwrap()
    };
    for bytes in [256 * 1024 + 1, 10 * 1024 * 1024] {
        for manner in [Manner::Flood(bytes), Manner::Announced(bytes)] {
            let error = fetch(manner).await;
            assert!(
                matches!(error, FetchError::Keys(KeySetError::TooLarge)),
                "{error:?}"
            );
        }
    }
    let place = format!("http://{}/jwks.json?p=1", server.address);
    let before = server.asked();
    let error = fetch(Manner::Status(302, place)).await;
    assert!(matches!(error, FetchError::Status(302)), "{error:?}");
    assert_eq!(server.asked(), before + 1);
}

/// The time for an answer is over by a paused clock, when nothing else is left to do.
#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up() {
    let server = Server::start(Manner::Silent).await;
    let error = server.fetcher().fetch().await.err().unwrap();
    assert!(matches!(error, FetchError::Timeout), "{error:?}");
}
