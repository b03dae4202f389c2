//! The body of an answer, the odd texts of the field included; and what a signature is worth.

#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use idphoto::domain::{FreeText, Member, Outcome};
use idphoto::upi::code::CodeTable;
use idphoto::upi::envelope::{Envelope, OpenError, Signers, UPI_JWS};
use idphoto::upi::gateway::PhotoPlacement;
use idphoto::upi::jwe::Sealer;
use idphoto::upi::jws::{JwsError, Signer, Verifier};
use idphoto::upi::message::request::RequestForm;
use idphoto::upi::message::response;
use idphoto::verify::port::Clock;
use idphoto_fuzz::{
    APP_ID, REQUEST_PATH, WINDOW, claims, encryption_kid, encryption_public, now, signing_key,
    signing_kid,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use time::OffsetDateTime;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> OffsetDateTime {
        now()
    }
}

static SIGNER: LazyLock<Signer> =
    LazyLock::new(|| Signer::new(&signing_kid(), &signing_key()).unwrap());

static ENVELOPE: LazyLock<Envelope> = LazyLock::new(|| Envelope {
    app_id: APP_ID.to_owned(),
    request_path: REQUEST_PATH.to_owned(),
    clock_window: Duration::from_secs(WINDOW),
    form: RequestForm {
        member: Member::parse("00520446", "Example Bank", FreeText::Ascii).unwrap(),
        photo_placement: PhotoPlacement::Beside,
        escape_solidus: false,
    },
    codes: CodeTable::new(&Default::default()),
    signers: Signers {
        current: Signer::new(&signing_kid(), &signing_key()).unwrap(),
        next: None,
    },
    sealer: Sealer::new(&encryption_kid(), &encryption_public()).unwrap(),
    verifier: Verifier::new(&[(signing_kid(), signing_key().public().unwrap())]).unwrap(),
    clock: Arc::new(Stopped),
});

/// The outcome of a body under a signature of another one.
fn opened(body: &[u8], signed: &[u8]) -> Result<Outcome, OpenError> {
    let jws = SIGNER.sign(&claims(), signed).unwrap();
    let headers = HeaderMap::from_iter([(UPI_JWS, HeaderValue::from_str(&jws).unwrap())]);
    ENVELOPE
        .open(&headers, body, String::new())
        .map(|answer| answer.outcome)
}

fn check(outcome: &Outcome) {
    let Outcome::Rejection(rejection) = outcome else {
        return;
    };
    assert_ne!(rejection.code.as_str(), "00");
    for (text, most) in [(&rejection.message, 100), (&rejection.detail, 255)] {
        assert!(text.chars().count() <= most);
        assert!(!text.contains(char::is_control));
    }
    let shown = format!("{rejection:?}");
    assert!(shown.len() < 100, "a text in it: {shown}");
}

/// What a plain reader of JSON takes for the code and the confidence.
fn plain(body: &[u8]) -> Option<(String, Value)> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let response = body.get("msgResponse").or(body.get("MsgResponse"))?;
    let code = response.get("responseCode")?.as_str()?.to_owned();
    Some((code, body.get("confidence").cloned().unwrap_or_default()))
}

fn compare(outcome: &Outcome, (code, confidence): (String, Value)) {
    match outcome {
        Outcome::Comparison(found) => {
            let found = found.get();
            let number = confidence.as_u64();
            let number = number.or_else(|| confidence.as_str()?.parse().ok());
            assert_eq!((code.as_str(), number), ("00", Some(found.into())));
        }
        Outcome::Rejection(rejection) => assert_eq!(rejection.code.as_str(), code),
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(outcome) = response::parse(data, &ENVELOPE.codes) else {
        return;
    };
    check(&outcome);
    if let Some(plain) = plain(data) {
        compare(&outcome, plain);
    }
    assert_eq!(opened(data, data), Ok(outcome));
    let other = [data, b" "].concat();
    let refused = OpenError::Signature(JwsError::Signature);
    assert_eq!(opened(data, &other), Err(refused.clone()));
    assert_eq!(opened(&other, data), Err(refused));
});
