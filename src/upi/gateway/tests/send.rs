//! What each reply means for an order.

use super::*;

fn answer(confidence: Option<u8>, code: &str) -> Vec<u8> {
    let mut body = json!({"msgResponse": {"responseCode": code, "responseMsg": "canary"}});
    if let Some(confidence) = confidence {
        body["confidence"] = confidence.to_string().into();
    }
    body.to_string().into_bytes()
}

fn unknown(result: Result<Answer, CallError>) -> Cause {
    match result {
        Err(CallError::Unknown(cause)) => cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_signed_comparison_is_an_answer() {
    let body = answer(Some(97), "00");
    let url = upi("200 OK", &[&signed(&body, NOW - 300)], &body).await;
    let (upi_uuid, result) = send_to(&url).await;
    assert_eq!(
        result.unwrap(),
        Answer {
            outcome: Outcome::Comparison(Confidence::new(97).unwrap()),
            upi_uuid,
            answered_at: Stopped.now(),
        }
    );
}

#[tokio::test]
async fn a_signed_refusal_is_an_answer_too() {
    let body = answer(None, "70");
    let url = upi("200 OK", &[&signed(&body, NOW)], &body).await;
    let Outcome::Rejection(rejection) = send_to(&url).await.1.unwrap().outcome else {
        panic!("a comparison");
    };
    assert_eq!(rejection.category, Category::NotConfirmed);
    assert_eq!(rejection.code.as_str(), "70");
}

#[tokio::test]
async fn a_reply_that_breaks_a_rule_leaves_the_outcome_unknown() {
    let body = answer(Some(97), "00");
    let good = signed(&body, NOW);
    let stale = signed(&body, NOW - 301);
    let hollow = answer(None, "00");
    let signed_hollow = signed(&hollow, NOW);
    let other = signed(b"{}", NOW);
    let cases: [(&[&str], &[u8], Option<OpenError>); 7] = [
        (&[], &body, Some(OpenError::Unsigned)),
        (&[&good, &good], &body, Some(OpenError::SignedTwice)),
        (&["\u{e9}"], &body, Some(OpenError::NotText)),
        (
            &[&other],
            &body,
            Some(OpenError::Signature(JwsError::Signature)),
        ),
        (&[&stale], &body, None),
        (
            &["garbage"],
            &body,
            Some(OpenError::Signature(JwsError::NotThreeParts)),
        ),
        (
            &[&signed_hollow],
            &hollow,
            Some(OpenError::Malformed(MalformedAnswer::Confidence)),
        ),
    ];
    for (signatures, body, expected) in cases {
        let url = upi("200 OK", signatures, body).await;
        let cause = unknown(send_to(&url).await.1);
        let cause = cause.downcast_ref::<OpenError>().unwrap();
        match expected {
            Some(expected) => assert_eq!(*cause, expected),
            None => assert!(matches!(cause, OpenError::Signature(_)), "{cause:?}"),
        }
    }
}

#[tokio::test]
async fn a_signed_text_that_is_not_unicode_is_an_answer() {
    let body = b"{\"msgResponse\":{\"responseCode\":\"70\",\"responseMsg\":\"\x95\x5C\"}}";
    let url = upi("200 OK", &[&signed(body, NOW)], body).await;
    let Outcome::Rejection(rejection) = send_to(&url).await.1.unwrap().outcome else {
        panic!("a comparison");
    };
    assert_eq!(rejection.message, "\u{FFFD}");
}

#[tokio::test]
async fn a_coding_is_blamed_for_a_body_that_nobody_can_read() {
    let good = answer(Some(97), "00");
    let signature = signed(&good, NOW);
    for (value, name) in [
        ("gzip", "gzip"),
        ("identity, BR", "br"),
        ("canary", "of another name"),
    ] {
        let headers = [("UPI-JWS", signature.as_str()), ("Content-Encoding", value)];
        let url = replying("200 OK", &headers, b"\x1F\x8B\x08canary").await;
        let cause = unknown(send_to(&url).await.1);
        let error = cause.downcast_ref::<OpenError>();
        assert_eq!(error, Some(&OpenError::Coded(name)), "{value}");
        assert!(!told(&*cause).contains("canary"), "{cause}");
        // A header alone does no harm.
        let url = replying("200 OK", &headers, &good).await;
        assert!(send_to(&url).await.1.is_ok(), "{value}");
    }
}

#[tokio::test]
async fn a_401_is_a_refusal_whatever_its_body_says() {
    let good = answer(Some(97), "00");
    let signature = signed(&good, NOW);
    let refusal = REFUSAL.as_bytes();
    for (signatures, body) in [
        (&[][..], refusal),
        (&[signature.as_str()], &good),
        (&[], b""),
    ] {
        let url = upi("401 Unauthorized", signatures, body).await;
        let result = send_to(&url).await.1;
        assert!(matches!(result, Err(CallError::Refused(_))), "{result:?}");
    }
}

#[tokio::test]
async fn any_other_status_leaves_the_outcome_unknown_though_it_is_signed() {
    let body = answer(Some(97), "00");
    let signature = signed(&body, NOW);
    for status in [
        "201 Created",
        "204 No Content",
        "302 Found",
        "400 Bad Request",
        "403 Forbidden",
        "407 Proxy Authentication Required",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "502 Bad Gateway",
        "503 Service Unavailable",
    ] {
        let url = upi(status, &[&signature], &body).await;
        let cause = unknown(send_to(&url).await.1);
        let (code, _) = status.split_once(' ').unwrap();
        let code = code.parse().unwrap();
        assert_eq!(cause.downcast_ref(), Some(&NotAnAnswer(code)), "{status}");
    }
}

#[tokio::test]
async fn no_connection_is_told_as_not_sent() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let result = send_to(&url).await.1;
    assert!(
        matches!(result, Err(CallError::NoConnection(_))),
        "{result:?}"
    );
}

/// Everything the chain of causes would say in a log.
fn told(error: &dyn Error) -> String {
    let mut told = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        told += &format!(" {error} {error:?}");
        source = error.source();
    }
    told
}

#[tokio::test]
async fn no_error_repeats_the_body() {
    let body = answer(None, "00");
    let signature = signed(&body, NOW);
    let refused = br#"{"canary":"#.as_slice();
    let signed_refused = signed(refused, NOW);
    for (status, signature, body) in [
        ("200 OK", &signature, body.as_slice()),
        ("200 OK", &signed_refused, refused),
        ("500 Internal Server Error", &signature, &body),
        ("401 Unauthorized", &signature, &body),
    ] {
        let url = upi(status, &[signature], body).await;
        let error = send_to(&url).await.1.unwrap_err();
        assert!(!told(&error).contains("canary"), "{error:?}");
    }
}
