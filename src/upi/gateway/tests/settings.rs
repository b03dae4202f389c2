//! Which settings are refused.

use super::*;
use crate::observe::Nobody;

fn refused(settings: Settings, keys: &Keys) -> SetupError {
    match UpiGateway::new(settings, keys, Arc::new(Stopped), Arc::new(Nobody)) {
        Ok(_) => panic!("accepted"),
        Err(error) => error,
    }
}

#[test]
fn a_key_to_verify_answers_is_needed() {
    let keys = Keys {
        verification: Vec::new(),
        ..keys()
    };
    let refused = refused(settings("http://127.0.0.1"), &keys);
    assert!(matches!(refused, SetupError::NoVerificationKeys));
}

#[test]
fn overrides_of_the_code_table_are_used() {
    let code = ResponseCode::parse("70").unwrap();
    let settings = Settings {
        response_codes: BTreeMap::from([(code, Category::NotPermitted)]),
        ..settings("http://127.0.0.1")
    };
    let gateway = UpiGateway::new(settings, &keys(), Arc::new(Stopped), Arc::new(Nobody)).unwrap();
    let body = br#"{"msgResponse":{"responseCode":"70","responseMsg":"m"}}"#;
    let mut headers = HeaderMap::new();
    headers.insert("upi-jws", signed(body, NOW).parse().unwrap());
    let answer = gateway
        .envelope
        .open(&headers, body, String::new())
        .unwrap();
    let Outcome::Rejection(rejection) = answer.outcome else {
        panic!("a comparison");
    };
    assert_eq!(rejection.category, Category::NotPermitted);
}
