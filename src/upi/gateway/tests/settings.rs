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
fn a_request_path_is_absolute_and_of_plain_characters() {
    for path in [
        "",
        "example",
        "/exa mple",
        "/a?b",
        "/ä",
        "/a\"",
        "/a%2f",
        "/a/../b",
    ] {
        let settings = Settings {
            request_path: path.to_owned(),
            ..settings("http://127.0.0.1")
        };
        assert!(
            matches!(refused(settings, &keys()), SetupError::RequestPath),
            "{path}"
        );
    }
}

#[test]
fn an_app_id_is_of_plain_characters() {
    for app_id in ["", "0052 446", "\"", "ä"] {
        let settings = Settings {
            app_id: app_id.to_owned(),
            ..settings("http://127.0.0.1")
        };
        assert!(
            matches!(refused(settings, &keys()), SetupError::AppId),
            "{app_id}"
        );
    }
}

#[test]
fn connecting_has_less_time_than_the_call() {
    for (connect_timeout, timeout) in [(0, 1), (1, 1), (2, 1), (0, 0)] {
        let settings = Settings {
            timeout: Duration::from_secs(timeout),
            connect_timeout: Duration::from_secs(connect_timeout),
            ..settings("http://127.0.0.1")
        };
        assert!(matches!(refused(settings, &keys()), SetupError::Timeouts));
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
