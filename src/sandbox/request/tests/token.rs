//! Attacks on `encData`.

use serde_json::{Value, json};

use super::with;
use crate::sandbox::participant::{KIT, bytes, customer, seal};
use crate::upi::jwe::Sealer;
use crate::upi::key::Kid;

/// A token whose protected header was replaced.
fn token_with(header: &Value) -> String {
    let token = seal(&customer());
    let (_, rest) = token.split_once('.').unwrap();
    let header = base64_simd::URL_SAFE_NO_PAD.encode_to_string(header.to_string());
    format!("{header}.{rest}")
}

#[test]
fn a_token_with_another_header_is_refused_by_what_is_wrong() {
    let kid = "sandbox-upi-encryption-1";
    for (header, rule) in [
        (
            json!({"alg": "RSA-OAEP", "enc": "A128CBC-HS256", "kid": kid}),
            "alg is RSA1_5",
        ),
        (
            json!({"alg": "RSA1_5", "enc": "A256GCM", "kid": kid}),
            "enc is A128CBC-HS256",
        ),
        (
            json!({"alg": "RSA1_5", "enc": "A128CBC-HS256", "kid": "other"}),
            "kid names no encryption key of this side",
        ),
        (
            json!({"alg": "RSA1_5", "enc": "A128CBC-HS256"}),
            "kid names no encryption key of this side",
        ),
        (
            json!({"alg": "RSA1_5", "enc": "A128CBC-HS256", "kid": kid, "zip": "DEF"}),
            "the header has alg, enc and kid, each once",
        ),
        (
            json!({"kid": kid, "alg": "RSA1_5", "enc": "A128CBC-HS256"}),
            "cannot be decrypted",
        ),
    ] {
        assert_eq!(
            with("encData", token_with(&header)),
            format!("encData: {rule}")
        );
    }
}

#[test]
fn a_token_for_another_key_is_refused() {
    let keys = KIT.participant().unwrap();
    let kid = Kid::parse("sandbox-upi-encryption-1").unwrap();
    let sealer = Sealer::new(&kid, &keys.verification[0].1).unwrap();
    let token = sealer.seal(&bytes(&customer())).unwrap();
    assert_eq!(with("encData", token), "encData: cannot be decrypted");
}

#[test]
fn what_is_no_token_or_holds_no_object_is_refused() {
    for text in ["", "李雷", "e30", "a.b.c.d.e"] {
        let found = with("encData", text);
        assert!(found.starts_with("encData: "), "{found}");
    }
    let keys = KIT.participant().unwrap();
    let (kid, key) = &keys.encryption;
    let token = Sealer::new(kid, key).unwrap().seal(b"[1]").unwrap();
    assert_eq!(
        with("encData", token),
        "encData: the plaintext is not a JSON object in UTF-8"
    );
}
