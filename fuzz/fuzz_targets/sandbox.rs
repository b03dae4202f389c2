//! The body of a request as the sandbox reads it.
//!
//! The first line is what is encrypted, the rest is the body, in which `@` stands for the token.

#![no_main]

use std::sync::LazyLock;

use idphoto::sandbox::fuzzing::Reader;
use idphoto::upi::jwe::Sealer;
use idphoto_fuzz::{
    CANARY, Input, assert_silent, encryption_key, encryption_kid, encryption_public, lax,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

static READER: LazyLock<Reader> =
    LazyLock::new(|| Reader::new(encryption_kid(), encryption_key(), lax()).unwrap());

static SEALER: LazyLock<Sealer> =
    LazyLock::new(|| Sealer::new(&encryption_kid(), &encryption_public()).unwrap());

/// The texts of these members, of which there are no others.
fn texts<'a>(json: &[u8], members: &'a [&str]) -> Option<Vec<(&'a str, String)>> {
    let Value::Object(mut object) = serde_json::from_slice(json).ok()? else {
        return None;
    };
    let mut take = |name: &&'a str| Some((*name, object.remove(*name)?.as_str()?.to_owned()));
    let texts = members.iter().map(&mut take).collect::<Option<_>>()?;
    object.is_empty().then_some(texts)
}

fn read(plaintext: &str, body: &str) -> Result<String, String> {
    let token = SEALER.seal(plaintext.as_bytes()).unwrap();
    READER.read(body.replacen('@', &token, 1).as_bytes())
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input::new(data);
    let plaintext = input.text();
    let body = String::from_utf8_lossy(input.rest());
    match read(&plaintext, &body) {
        Ok(order_id) => {
            let person = texts(plaintext.as_bytes(), &["customerNm", "certifID"]);
            let [(_, name), (_, number)] = &person.expect("another plaintext")[..] else {
                panic!("another plaintext");
            };
            assert!((1..=66).contains(&name.chars().count()));
            assert!((1..=20).contains(&number.len()));
            let body: Value = serde_json::from_str(&body).expect("no JSON");
            assert_eq!(body["orderID"], order_id.as_str());
            assert_eq!(body["tradeType"], "ID0203");
        }
        Err(words) => {
            assert!(words.len() < 200, "{words}");
            // Of a value nothing is told, nor of a name that is no member's.
            for begin in [":\"", "{\""] {
                let marked = plaintext.replace(begin, &[begin, CANARY].concat());
                if let Err(words) = read(&marked, &body) {
                    assert_silent(&words);
                }
            }
        }
    }
});
