//! Issuer, audience, times and subject.

use serde_json::json;

use super::issuer::Signer;
use super::{AUDIENCE, ISSUER, NOW, TokenFlaw, check, checker, with};

/// What a token comes to that differs from a good one in these claims.
async fn judged(name: &str, value: serde_json::Value) -> Result<String, TokenFlaw> {
    let signer = Signer::p256("a");
    let token = signer.token("ES256", &with(name, value));
    check(&checker(&[&signer]), &token).await
}

#[tokio::test]
async fn another_issuer_or_audience_is_refused() {
    for iss in [
        json!(null),
        json!("https://login.bank.example"),
        json!("HTTPS://LOGIN.BANK.EXAMPLE/"),
    ] {
        assert_eq!(judged("iss", iss).await, Err(TokenFlaw::Issuer));
    }
    for aud in [
        json!(null),
        json!("other"),
        json!([]),
        json!(["other", "Idphoto"]),
        json!(""),
    ] {
        assert_eq!(judged("aud", aud).await, Err(TokenFlaw::Audience));
    }
    judged("iss", json!(ISSUER)).await.unwrap();
    judged("aud", json!(["other", AUDIENCE])).await.unwrap();
}

#[tokio::test]
async fn times_count_with_a_minute_of_leeway() {
    for (claim, good, bad, flaw) in [
        ("exp", NOW - 59, NOW - 60, TokenFlaw::Expired),
        ("nbf", NOW + 60, NOW + 61, TokenFlaw::NotYet),
        ("iat", NOW + 60, NOW + 61, TokenFlaw::IssuedLater),
    ] {
        judged(claim, json!(good)).await.unwrap();
        assert_eq!(judged(claim, json!(bad)).await, Err(flaw), "{claim}");
    }
    judged("exp", json!(1_800_000_000.5)).await.unwrap();
    assert_eq!(judged("exp", json!(null)).await, Err(TokenFlaw::NoEnd));
    for claim in ["nbf", "iat"] {
        judged(claim, json!(null)).await.unwrap();
    }
}

#[tokio::test]
async fn a_subject_has_to_be_one_that_a_rule_can_name() {
    for sub in [
        json!(null),
        json!(""),
        json!("two words"),
        json!("*"),
        json!("a\nb"),
        json!("李雷"),
    ] {
        assert_eq!(judged("sub", sub).await, Err(TokenFlaw::Subject));
    }
    let sub = "spiffe://bank.example/loans";
    let identity = judged("sub", json!(sub)).await;
    assert_eq!(identity.unwrap(), format!("jwt:{sub}"));
}

#[tokio::test]
async fn claims_of_other_types_are_no_claims() {
    for (claim, value) in [
        ("iss", json!([ISSUER])),
        ("aud", json!({ AUDIENCE: true })),
        ("sub", json!(42)),
        ("exp", json!("1900000000")),
        ("exp", json!(true)),
        ("nbf", json!("0")),
        ("iat", json!([])),
    ] {
        assert_eq!(
            judged(claim, value).await,
            Err(TokenFlaw::Malformed),
            "{claim}"
        );
    }
}
