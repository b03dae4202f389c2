//! What is no token, and what is signed otherwise than its key signs.

use openssl::nid::Nid;
use serde_json::json;

use super::issuer::{self, Signer, base64};
use super::{TokenFlaw, check, checker, good};

#[tokio::test]
async fn a_token_of_each_algorithm_proves_its_subject() {
    let (rsa, ec, ed) = (
        Signer::rsa("r", 2048),
        Signer::p256("e"),
        Signer::ed25519("d"),
    );
    let checker = checker(&[&rsa, &ec, &ed]);
    for (signer, alg) in [
        (&rsa, "RS256"),
        (&rsa, "PS256"),
        (&ec, "ES256"),
        (&ed, "EdDSA"),
    ] {
        let token = signer.token(alg, &good());
        assert_eq!(
            check(&checker, &token).await.as_deref(),
            Ok("jwt:loans"),
            "{alg}"
        );
        // Again, out of what is known.
        assert_eq!(
            check(&checker, &token).await.as_deref(),
            Ok("jwt:loans"),
            "{alg}"
        );
    }
}

#[tokio::test]
async fn nobody_signs_by_another_algorithm_than_the_keys() {
    let (rsa, ec, ed) = (
        Signer::rsa("r", 2048),
        Signer::p256("e"),
        Signer::ed25519("d"),
    );
    let checker = checker(&[&rsa, &ec, &ed]);
    for (signer, alg, claimed) in [
        (&rsa, "RS256", "ES256"),
        (&rsa, "RS256", "EdDSA"),
        (&ec, "ES256", "RS256"),
        (&ec, "ES256", "EdDSA"),
        (&ed, "EdDSA", "PS256"),
        (&ed, "EdDSA", "ES256"),
    ] {
        let header = json!({ "alg": claimed, "kid": signer.kid });
        let token = signer.signed(alg, &header, &good());
        assert_eq!(
            check(&checker, &token).await,
            Err(TokenFlaw::KeyMismatch),
            "{claimed}"
        );
    }
    let header = json!({ "alg": "PS256", "kid": "r" });
    let token = rsa.signed("RS256", &header, &good());
    assert_eq!(check(&checker, &token).await, Err(TokenFlaw::Signature));
}

#[tokio::test]
async fn without_a_signature_or_with_a_secret_there_is_no_token() {
    let rsa = Signer::rsa("r", 2048);
    let checker = checker(&[&rsa]);
    let pem = rsa.key.public_key_to_pem().unwrap();
    let der = rsa.key.public_key_to_der().unwrap();
    let modulus = rsa.key.rsa().unwrap().n().to_vec();
    for secret in [pem, der, modulus] {
        let token = issuer::hmac("r", &secret, &good());
        assert_eq!(check(&checker, &token).await, Err(TokenFlaw::Algorithm));
    }
    let token = issuer::unsigned("r", &good());
    assert_eq!(check(&checker, &token).await, Err(TokenFlaw::Algorithm));
    for alg in ["NONE", "None", "", "RS384", "HS256", "ES256K", "rs256"] {
        let token = rsa.signed("RS256", &json!({ "alg": alg, "kid": "r" }), &good());
        assert_eq!(
            check(&checker, &token).await,
            Err(TokenFlaw::Algorithm),
            "{alg}"
        );
    }
}

#[tokio::test]
async fn what_was_changed_or_signed_by_another_key_is_refused() {
    let (one, other) = (Signer::p256("a"), Signer::p256("a"));
    let checker = checker(&[&one]);
    let foreign = other.token("ES256", &good());
    assert_eq!(check(&checker, &foreign).await, Err(TokenFlaw::Signature));
    let token = one.token("ES256", &good());
    let (header, rest) = token.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let claims = super::with("sub", json!("cards")).to_string();
    let forged = format!("{header}.{}.{signature}", base64(claims.as_bytes()));
    assert_eq!(check(&checker, &forged).await, Err(TokenFlaw::Signature));
    let empty = format!("{}.", token.rsplit_once('.').unwrap().0);
    assert_eq!(check(&checker, &empty).await, Err(TokenFlaw::Signature));
}

#[tokio::test]
async fn whatever_is_critical_is_not_understood() {
    let signer = Signer::p256("a");
    let checker = checker(&[&signer]);
    for crit in [
        json!(["b64"]),
        json!(["exp"]),
        json!([]),
        json!(null),
        json!("x"),
    ] {
        let header = json!({ "alg": "ES256", "kid": "a", "b64": true, "crit": crit });
        let token = signer.signed("ES256", &header, &good());
        assert_eq!(
            check(&checker, &token).await,
            Err(TokenFlaw::Critical),
            "{crit}"
        );
    }
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let signer = Signer::p256("a");
    let checker = checker(&[&signer]);
    let token = signer.token("ES256", &good());
    let claims = good().to_string();
    let head = r#"{"alg":"ES256","kid":"a"}"#;
    let twice = r#"{"alg":"ES256","alg":"ES256","kid":"a"}"#;
    for bad in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        "....".to_owned(),
        format!("{token}.{token}"),
        format!("{token}="),
        format!(" {token}"),
        token.replace('.', ". "),
        signer.sealed("ES256", "[\"ES256\",\"a\",true]", &claims),
        signer.sealed("ES256", twice, &claims),
        signer.sealed("ES256", head, "[]"),
        signer.sealed("ES256", head, "null"),
        signer.sealed("ES256", head, &claims.replace('}', ",\"sub\":\"cards\"}")),
        signer.sealed("ES256", &"[".repeat(5000), &claims),
    ] {
        assert_eq!(
            check(&checker, &bad).await,
            Err(TokenFlaw::Malformed),
            "{bad}"
        );
    }
    let long = "a".repeat(1024 * 1024);
    assert_eq!(check(&checker, &long).await, Err(TokenFlaw::TooLong));
    let nameless = signer.signed("ES256", &json!({ "alg": "ES256" }), &good());
    assert_eq!(check(&checker, &nameless).await, Err(TokenFlaw::NoKid));
}

#[tokio::test]
async fn a_kid_that_is_not_known_is_refused() {
    let known = Signer::ec("a", Nid::X9_62_PRIME256V1);
    let stranger = Signer::p256("b");
    let token = stranger.token("ES256", &good());
    let flaw = check(&checker(&[&known]), &token).await;
    assert_eq!(flaw, Err(TokenFlaw::UnknownKey));
}
