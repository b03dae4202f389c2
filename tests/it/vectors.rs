//! The JOSE vectors that other implementations made. Both ends of the wire share one codec,
//! so a mistake in it would be invisible end to end: these vectors are the proof.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use idphoto::domain::Secret;
use idphoto::upi::jwe::{JweError, Opener, Sealer};
use idphoto::upi::jws::{Claims, Expected, JwsError, SigningKey, Verifier};
use idphoto::upi::key::{KeyError, Kid, PrivateKey, PublicKey, inspect};
use serde_json::Value;

use crate::data;

/// How many vectors each file holds: one that was added or lost must be noticed.
const REQUESTS: usize = 8;
const RESPONSES_ACCEPTED: usize = 9;
const TOKENS_VALID: usize = 6;
const TOKENS_INVALID: usize = 9;

fn json(name: &str) -> Value {
    serde_json::from_slice(&data::read(&format!("vectors/{name}"))).expect("vector file")
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member]
        .as_str()
        .unwrap_or_else(|| panic!("{member} in {}", value["name"]))
}

fn key_file(name: &str) -> Vec<u8> {
    data::read(&format!("vectors/keys/{name}"))
}

fn private(name: &str) -> PrivateKey {
    PrivateKey::load(&key_file(name), None).expect(name)
}

fn public(name: &str) -> PublicKey {
    PublicKey::load(&key_file(name)).expect(name)
}

fn kid(value: &Value) -> Kid {
    Kid::parse(text(value, "kid")).expect("kid")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The body of a request vector; the big one is named by its construction.
fn body(vector: &Value) -> String {
    if let Some(body) = vector["body"].as_str() {
        return body.to_owned();
    }
    let mut photo = vec![0; 153_600];
    let shake = openssl::hash::MessageDigest::shake_256();
    openssl::hash::hash_xof(shake, b"open", &mut photo).expect("SHAKE-256");
    let photo = base64_simd::STANDARD.encode_to_string(photo);
    let body = format!("{{\"photo\":\"{photo}\"}}");
    assert_eq!(
        hex(&openssl::sha::sha256(body.as_bytes())),
        text(vector, "body_sha256"),
        "construction of the big body"
    );
    body
}

#[test]
fn requests_are_signed_byte_for_byte() {
    are_signed_by(&private("participant-signing.key.pem").into());
}

/// Holds what the member's key signs, wherever it is, against the vectors.
pub fn are_signed_by(key: &SigningKey) {
    let file = json("jws-request.json");
    let signer = key.signer(&kid(&file)).expect("signer");
    let vectors = file["vectors"].as_array().expect("vectors");
    for vector in vectors {
        let header: Value = serde_json::from_str(text(vector, "protected_header")).expect("header");
        let claims = Claims {
            upi_uuid: text(&header, "UPI-UUID"),
            timestamp: text(&header, "UPI-TIMESTAMP").parse().expect("seconds"),
            app_id: text(&file, "app_id"),
            request_path: Some(text(&file, "request_path")),
        };
        let signed = signer
            .sign(&claims, body(vector).as_bytes())
            .expect("signature");
        assert_eq!(signed, text(vector, "upi_jws"), "{}", vector["name"]);
    }
    assert_eq!(vectors.len(), REQUESTS);
}

#[test]
fn requests_verify_as_the_sandbox_reads_them() {
    let file = json("jws-request.json");
    let key = (kid(&file), public("participant-signing.crt.pem"));
    let verifier = Verifier::new(&[key]).expect("verifier");
    for vector in file["vectors"].as_array().expect("vectors") {
        let expected = Expected {
            app_id: text(&file, "app_id"),
            request_path: text(&file, "request_path"),
            require_request_path: true,
            now: 1_790_000_000,
            window: Duration::from_secs(300),
        };
        let verified = verifier.verify(text(vector, "upi_jws"), body(vector).as_bytes(), &expected);
        assert_eq!(
            verified.map(|it| it.kid),
            Ok(kid(&file)),
            "{}",
            vector["name"]
        );
    }
}

/// The rule that each refused response breaks: refused for another reason is a defect too.
static REFUSALS: LazyLock<[(&str, JwsError); 42]> = LazyLock::new(|| {
    [
        ("tampered-body", JwsError::Signature),
        ("reformatted-body", JwsError::Signature),
        ("too-old", JwsError::TimestampOutsideWindow),
        ("too-new", JwsError::TimestampOutsideWindow),
        ("stranger-signed", JwsError::Signature),
        ("participant-signed", JwsError::Signature),
        ("unknown-kid", JwsError::KidUnknown(Kid::parse("999").ok())),
        ("missing-kid", JwsError::KidMissing),
        ("numeric-kid", JwsError::KidNotText),
        ("alg-none", JwsError::Algorithm),
        ("alg-none-with-signature", JwsError::Algorithm),
        ("alg-hs256-public-key-as-secret", JwsError::Algorithm),
        ("alg-rs512-label", JwsError::Algorithm),
        ("unknown-critical", JwsError::CriticalUnknown),
        ("critical-but-absent", JwsError::CriticalAbsent),
        ("empty-crit", JwsError::CriticalForm),
        ("crit-not-array", JwsError::CriticalForm),
        ("crit-twice", JwsError::CriticalForm),
        ("timestamp-not-critical", JwsError::CriticalIncomplete),
        ("timestamp-number", JwsError::ClaimNotText),
        ("timestamp-milliseconds", JwsError::TimestampOutsideWindow),
        ("timestamp-text", JwsError::TimestampForm),
        ("timestamp-overflow", JwsError::TimestampForm),
        ("timestamp-negative", JwsError::TimestampForm),
        ("other-app-id", JwsError::AppId),
        ("other-request-path", JwsError::RequestPath),
        ("duplicate-member", JwsError::DuplicateMember),
        ("header-not-json", JwsError::HeaderNotJsonObject),
        ("header-not-object", JwsError::HeaderNotJsonObject),
        ("header-not-utf8", JwsError::HeaderNotUtf8),
        ("b64-false", JwsError::CriticalUnknown),
        ("padded-signature", JwsError::SignatureEncoding),
        ("standard-alphabet", JwsError::SignatureEncoding),
        ("signature-spare-bits", JwsError::SignatureEncoding),
        ("signature-short", JwsError::SignatureEncoding),
        ("signature-empty", JwsError::Signature),
        ("attached-payload", JwsError::PayloadAttached),
        ("two-parts", JwsError::NotThreeParts),
        ("four-parts", JwsError::NotThreeParts),
        ("inner-white-space", JwsError::SignatureEncoding),
        ("empty-value", JwsError::NotThreeParts),
        ("huge-header", JwsError::TooLong),
    ]
});

#[test]
fn responses_are_accepted_or_refused_as_listed() {
    let file = json("jws-response.json");
    let key = (kid(&file), public("upi-signing.pub.pem"));
    let verifier = Verifier::new(&[key]).expect("verifier");
    let (mut accepted, mut refused) = (0, 0);
    for vector in file["vectors"].as_array().expect("vectors") {
        let expected = Expected {
            app_id: text(&file, "app_id"),
            request_path: text(&file, "request_path"),
            require_request_path: false,
            now: vector["now"].as_i64().expect("now"),
            window: Duration::from_secs(300),
        };
        let verdict = verifier.verify(
            text(vector, "upi_jws"),
            text(vector, "body").as_bytes(),
            &expected,
        );
        let name = text(vector, "name");
        if vector["accept"].as_bool().expect("accept") {
            accepted += 1;
            assert_eq!(verdict.map(drop), Ok(()), "{name}: {}", vector["why"]);
        } else {
            refused += 1;
            let rule = REFUSALS.iter().find(|(refusal, _)| *refusal == name);
            let (_, rule) = rule.unwrap_or_else(|| panic!("{name} is not in the table"));
            assert_eq!(verdict, Err(rule.clone()), "{name}: {}", vector["why"]);
        }
    }
    assert_eq!((accepted, refused), (RESPONSES_ACCEPTED, REFUSALS.len()));
}

#[test]
fn valid_tokens_open_to_their_plaintext() {
    let file = json("jwe.json");
    let opener = Opener::new(&kid(&file), &private("upi-encryption.key.pem")).expect("opener");
    let vectors = file["valid"].as_array().expect("valid");
    for vector in vectors {
        let plaintext = opener.open(text(vector, "token"));
        let plaintext = plaintext.unwrap_or_else(|error| panic!("{}: {error}", vector["name"]));
        assert_eq!(
            plaintext.expose(),
            text(vector, "plaintext").as_bytes(),
            "{}",
            vector["name"]
        );
    }
    assert_eq!(vectors.len(), TOKENS_VALID);
}

#[test]
fn invalid_tokens_fail_with_one_and_the_same_error() {
    let file = json("jwe.json");
    let opener = Opener::new(&kid(&file), &private("upi-encryption.key.pem")).expect("opener");
    let vectors = file["invalid"].as_array().expect("invalid");
    for vector in vectors {
        let error = opener.open(text(vector, "token")).map(drop);
        assert_eq!(error, Err(JweError::Opening), "{}", vector["name"]);
    }
    assert_eq!(vectors.len(), TOKENS_INVALID);
}

#[test]
fn a_sealed_token_has_the_protected_header_of_the_vectors() {
    let file = json("jwe.json");
    let sealer = Sealer::new(&kid(&file), &public("upi-encryption.crt.der")).expect("sealer");
    let token = sealer.seal(b"{}").expect("token");
    let header = |token: &str| token.split('.').next().map(str::to_owned);
    for vector in file["valid"].as_array().expect("valid") {
        assert_eq!(header(&token), header(text(vector, "token")));
    }
}

/// Every key file, the passphrase it needs, and whether it is private.
const KEY_FILES: [(&str, Option<&str>, bool); 16] = [
    ("participant-signing.crt.pem", None, false),
    ("participant-signing.encrypted.pem", Some("changeit"), true),
    ("participant-signing.key.pem", None, true),
    ("participant-signing.p12", Some("changeit"), true),
    ("participant-signing.pkcs1.pem", None, true),
    ("participant-signing.pub.pem", None, false),
    ("stranger.crt.pem", None, false),
    ("stranger.key.pem", None, true),
    ("stranger.pub.pem", None, false),
    ("upi-encryption.crt.der", None, false),
    ("upi-encryption.crt.pem", None, false),
    ("upi-encryption.key.pem", None, true),
    ("upi-encryption.pub.pem", None, false),
    ("upi-signing.crt.pem", None, false),
    ("upi-signing.key.pem", None, true),
    ("upi-signing.pub.pem", None, false),
];

const WEAK: &str = "weak-1024.key.pem";

fn passphrase(text: Option<&str>) -> Option<Secret<String>> {
    text.map(|text| Secret::new(text.to_owned()))
}

#[test]
fn every_key_file_of_the_directory_is_tested() {
    let tested: BTreeSet<String> = KEY_FILES
        .iter()
        .map(|(name, _, _)| *name)
        .chain([WEAK])
        .map(str::to_owned)
        .collect();
    let there: BTreeSet<String> = std::fs::read_dir(data::path("vectors/keys"))
        .expect("vectors/keys")
        .map(|entry| {
            entry
                .expect("entry")
                .file_name()
                .into_string()
                .expect("name")
        })
        .collect();
    assert_eq!(tested, there);
}

#[test]
fn every_key_file_loads_in_its_role_and_in_no_other() {
    for (name, secret, is_private) in KEY_FILES {
        let bytes = key_file(name);
        let as_private = PrivateKey::load(&bytes, passphrase(secret).as_ref()).map(drop);
        let as_public = PublicKey::load(&bytes).map(drop);
        let expected = if is_private {
            (Ok(()), Err(KeyError::PrivateWherePublicBelongs))
        } else {
            (Err(KeyError::PublicWherePrivateBelongs), Ok(()))
        };
        assert_eq!((as_private, as_public), expected, "{name}");
    }
}

#[test]
fn all_forms_of_one_pair_have_one_public_key() {
    let owner = |name: &str| name.split('.').next().map(str::to_owned);
    let mut fingerprints = std::collections::BTreeMap::new();
    for (name, secret, is_private) in KEY_FILES {
        let bytes = key_file(name);
        let found = inspect(&bytes, passphrase(secret).as_ref()).expect(name);
        assert_eq!((found.private, found.bits), (is_private, 2048), "{name}");
        let first = fingerprints
            .entry(owner(name))
            .or_insert_with(|| found.spki_sha256.clone());
        assert_eq!(*first, found.spki_sha256, "{name}");

        let public = if is_private {
            let key = PrivateKey::load(&bytes, passphrase(secret).as_ref());
            key.and_then(|key| key.public())
        } else {
            PublicKey::load(&bytes)
        };
        let spki = public.and_then(|key| key.to_spki_pem()).expect(name);
        let again = inspect(spki.as_bytes(), None).expect(name);
        assert_eq!(again.spki_sha256, found.spki_sha256, "{name}");
    }
    let distinct: BTreeSet<_> = fingerprints.values().collect();
    assert_eq!((fingerprints.len(), distinct.len()), (4, 4));
}

#[test]
fn a_key_below_2048_bits_is_refused_and_can_be_inspected() {
    let bytes = key_file(WEAK);
    let refused = PrivateKey::load(&bytes, None).map(drop);
    assert_eq!(refused, Err(KeyError::TooWeak { bits: 1024 }));
    let found = inspect(&bytes, None).map(|found| (found.private, found.bits));
    assert_eq!(found, Ok((true, 1024)));
}

#[test]
fn an_encrypted_key_wants_its_passphrase() {
    for name in [
        "participant-signing.encrypted.pem",
        "participant-signing.p12",
    ] {
        let bytes = key_file(name);
        let load = |secret| PrivateKey::load(&bytes, passphrase(secret).as_ref()).map(drop);
        assert_eq!(load(None), Err(KeyError::PassphraseMissing), "{name}");
        assert_eq!(
            load(Some("changeit ")),
            Err(KeyError::PassphraseWrong),
            "{name}"
        );
        assert_eq!(
            load(Some("change\0it")),
            Err(KeyError::PassphraseWrong),
            "{name}"
        );
        let long = "x".repeat(5000);
        assert_eq!(load(Some(&long)), Err(KeyError::PassphraseWrong), "{name}");
    }
}
