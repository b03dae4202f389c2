//! The encrypted token, as the sandbox opens it.
//!
//! By its first byte an input is a token, a good token that is spoilt, or a plaintext that is
//! sealed.

#![no_main]

use std::sync::LazyLock;

use idphoto::upi::jwe::{JweError, Opener, Sealer};
use idphoto_fuzz::{Input, encryption_key, encryption_kid, encryption_public};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    valid: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    plaintext: String,
    token: String,
}

static VALID: LazyLock<Vec<Vector>> = LazyLock::new(|| {
    let json = include_bytes!("../../tests/data/vectors/jwe.json");
    serde_json::from_slice::<Vectors>(json).unwrap().valid
});

static OPENER: LazyLock<Opener> =
    LazyLock::new(|| Opener::new(&encryption_kid(), &encryption_key()).unwrap());

static SEALER: LazyLock<Sealer> =
    LazyLock::new(|| Sealer::new(&encryption_kid(), &encryption_public()).unwrap());

/// What opens was sealed: it is one of the good ones. All else is one error.
fn open(token: &str) {
    let good = VALID.iter().find(|good| good.token == token);
    match (OPENER.open(token), good) {
        (Ok(plaintext), Some(good)) => assert_eq!(plaintext.expose(), good.plaintext.as_bytes()),
        (Ok(_), None) => panic!("nobody sealed this: {token}"),
        (Err(error), None) => assert_eq!(error, JweError::Opening),
        (Err(error), Some(_)) => panic!("{error}: {token}"),
    }
}

fn sealed(plaintext: &[u8]) {
    let token = SEALER.seal(plaintext).unwrap();
    assert_eq!(OPENER.open(&token).unwrap().expose(), plaintext);
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input::new(data);
    match input.byte() {
        b's' => {
            let good = &VALID[usize::from(input.byte()) % VALID.len()];
            open(&String::from_utf8_lossy(
                &input.spoil(good.token.as_bytes()),
            ));
        }
        b'p' => sealed(input.rest()),
        _ => open(&String::from_utf8_lossy(input.rest())),
    }
});
