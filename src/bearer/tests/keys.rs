//! Which keys of a set are used, and which sets are refused.

use openssl::nid::Nid;
use serde_json::{Value, json};

use super::super::{JwksUrl, KeySet, KeySetError};
use super::issuer::{Signer, set};

fn parsed(keys: &[Value]) -> Result<usize, KeySetError> {
    let json = json!({ "keys": keys }).to_string();
    KeySet::parse(json.as_bytes()).map(|set| set.count())
}

fn changed(mut key: Value, name: &str, value: Value) -> Value {
    key.as_object_mut().unwrap().insert(name.to_owned(), value);
    key
}

#[test]
fn keys_that_sign_nothing_here_are_left_out() {
    let good = Signer::p256("a").jwk();
    let rsa = Signer::rsa("r", 2048).jwk();
    for useless in [
        Signer::rsa("weak", 1024).jwk(),
        Signer::ec("p384", Nid::SECP384R1).jwk(),
        changed(rsa.clone(), "use", json!("enc")),
        changed(rsa.clone(), "key_ops", json!(["encrypt"])),
        changed(rsa.clone(), "alg", json!("RS512")),
        changed(rsa.clone(), "alg", json!("HS256")),
        changed(rsa.clone(), "n", json!("")),
        changed(rsa.clone(), "n", json!("A".repeat(1400))),
        changed(rsa.clone(), "n", json!(1)),
        changed(good.clone(), "x", json!("AAAA")),
        changed(good.clone(), "kid", json!(null)),
        changed(Signer::ed25519("d").jwk(), "crv", json!("Ed448")),
        json!({ "kty": "new", "kid": "n" }),
        json!({}),
    ] {
        assert_eq!(
            parsed(std::slice::from_ref(&useless)),
            Err(KeySetError::NoKey),
            "{useless}"
        );
        assert_eq!(parsed(&[useless, good.clone()]), Ok(1));
    }
    assert_eq!(parsed(&[rsa, good]), Ok(2));
}

#[test]
fn a_set_with_a_private_or_a_secret_key_is_refused() {
    let good = Signer::p256("a").jwk();
    let private = changed(good.clone(), "d", json!("AAAA"));
    let secret = json!({ "kty": "oct", "kid": "s", "k": "AAAA" });
    for other in [private, secret] {
        assert_eq!(parsed(&[good.clone(), other]), Err(KeySetError::Private));
    }
}

#[test]
fn what_is_no_set_or_a_gigantic_one_is_refused() {
    for bad in [
        "",
        "[]",
        "{}",
        "null",
        "{\"keys\":{}}",
        "{\"keys\":[1]}",
        "{\"keys\":[]",
        "<html>",
    ] {
        let parsed = KeySet::parse(bad.as_bytes());
        assert_eq!(parsed.err(), Some(KeySetError::NotASet), "{bad}");
    }
    assert_eq!(parsed(&[]), Err(KeySetError::NoKey));
    let key = Signer::p256("a").jwk();
    assert_eq!(parsed(&vec![key; 65]), Err(KeySetError::TooMany));
    let mut large = set(&[&Signer::p256("a")]);
    large.resize(256 * 1024 + 1, b' ');
    assert_eq!(KeySet::parse(&large).err(), Some(KeySetError::TooLarge));
}

#[test]
fn a_url_of_keys_cannot_be_changed_on_the_way() {
    for good in [
        "https://login.bank.example/jwks.json",
        "https://login.bank.example:8443/keys?p=a",
        "http://127.0.0.1:8080/jwks",
        "http://[::1]/jwks",
        "http://localhost:80/jwks",
    ] {
        assert!(JwksUrl::parse(good).is_some(), "{good}");
    }
    for bad in [
        "",
        "login.bank.example",
        "http://login.bank.example/jwks.json",
        "http://127.0.0.1.bank.example/",
        "http://localhost@bank.example/",
        "https://user:secret@login.bank.example/",
        "https://login.bank.example/#a",
        "https://",
        "file:///etc/passwd",
        "ftp://localhost/a",
        "https://login.bank.example/a b",
    ] {
        assert!(JwksUrl::parse(bad).is_none(), "{bad}");
    }
}
