//! The detached signature of a body.
//!
//! By its first byte an input is a header value and a body, a good pair that is spoilt, or claims
//! that are signed well.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use idphoto::upi::jws::{Claims, Expected, JwsError, Signer, Verified, Verifier};
use idphoto_fuzz::{APP_ID, Input, NOW, REQUEST_PATH, WINDOW, expected, signing_key, signing_kid};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    accept: bool,
    body: String,
    upi_jws: String,
}

/// The good ones; no other signature by the key exists.
static GOOD: LazyLock<Vec<Vector>> = LazyLock::new(|| {
    let json = include_bytes!("../../tests/data/vectors/jws-response.json");
    let Vectors { mut vectors } = serde_json::from_slice(json).unwrap();
    vectors.retain(|vector| vector.accept);
    vectors
});

static SIGNER: LazyLock<Signer> =
    LazyLock::new(|| Signer::new(&signing_kid(), &signing_key()).unwrap());

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let key = signing_key().public().unwrap();
    Verifier::new(&[(signing_kid(), key)]).unwrap()
});

/// What verifies was signed: it is one of the good ones, byte for byte.
fn verify(jws: &str, body: &[u8]) {
    if VERIFIER.verify(jws, body, &expected()).is_ok() {
        let same = |good: &Vector| good.upi_jws == jws.trim_ascii() && good.body.as_bytes() == body;
        assert!(GOOD.iter().any(same), "nobody signed this: {jws}");
    }
}

fn spoilt(mut input: Input<'_>) {
    let good = &GOOD[usize::from(input.byte()) % GOOD.len()];
    if input.byte().is_multiple_of(2) {
        let jws = input.spoil(good.upi_jws.as_bytes());
        verify(&String::from_utf8_lossy(&jws), good.body.as_bytes());
    } else {
        verify(&good.upi_jws, &input.spoil(good.body.as_bytes()));
    }
}

fn signed(mut input: Input<'_>) {
    let flags = input.byte();
    let skew = i64::try_from(input.short()).unwrap() - i64::from(i16::MAX);
    let timestamp = match flags & 3 {
        0 => NOW + skew,
        1 => skew,
        2 => i64::MIN.saturating_add(skew),
        _ => i64::MAX.saturating_add(skew),
    };
    let (uuid, app_id, path) = (input.text(), input.text(), input.text());
    let body = input.rest();
    let claims = Claims {
        upi_uuid: &uuid,
        timestamp,
        app_id: if flags & 4 == 0 { APP_ID } else { &app_id },
        request_path: match flags >> 3 & 3 {
            0 => None,
            1 => Some(&path),
            _ => Some(REQUEST_PATH),
        },
    };
    let expected = Expected {
        require_request_path: flags & 32 != 0,
        window: Duration::from_secs(WINDOW),
        ..expected()
    };
    let jws = SIGNER.sign(&claims, body).unwrap();
    let verified = VERIFIER.verify(&jws, body, &expected);
    // A header that nobody would send is refused for its length alone.
    if verified != Err(JwsError::TooLong) {
        assert_eq!(verified.ok(), oracle(&claims, &expected));
    }
}

/// What must become of claims that are signed well.
fn oracle(claims: &Claims<'_>, expected: &Expected<'_>) -> Option<Verified> {
    let window = i128::from(expected.window.as_secs());
    let skew = i128::from(claims.timestamp) - i128::from(expected.now);
    let path = match claims.request_path {
        Some(path) => path == expected.request_path,
        None => !expected.require_request_path,
    };
    let good = skew.abs() <= window && claims.app_id == expected.app_id && path;
    good.then(|| Verified {
        kid: signing_kid(),
        upi_uuid: claims.upi_uuid.to_owned(),
        timestamp: claims.timestamp,
    })
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input::new(data);
    match input.byte() {
        b's' => spoilt(input),
        b'c' => signed(input),
        _ => verify(&input.text(), input.rest()),
    }
});
