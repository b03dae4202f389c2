//! The log: one line a call, with the facts and with nobody's data.

use std::time::Duration;

use super::log::Log;
use super::raw::{self, Connection, Stream};
use super::rig::{Setup, eventually, get, request, setup, timed};
use crate::verify::doubles::{Engine, Script, Upi, answer, cause};
use crate::verify::port::CallError;

#[tokio::test]
async fn an_answer_leaves_one_line_within_its_span() {
    let (log, _guard) = Log::start();
    let rig = setup().start().await;
    rig.client().verify_id_photo(request("1")).await.unwrap();
    let line = log.line().await;
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["code"], "OK");
    assert_eq!(line["order_id"], request("1").order_id);
    assert_eq!(line["replayed"], false);
    assert_eq!(
        line["rpc.method"],
        "idphoto.v1.IdPhotoService/VerifyIdPhoto"
    );
    assert!(line["duration_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(line["span"]["name"], "rpc");
    assert_eq!(line["span"]["order_id"], request("1").order_id);
}

#[tokio::test]
async fn errors_are_logged_as_loud_as_they_are_grave() {
    let scripts: [(Script, &str, &str, &str); 3] = [
        (
            || Err(CallError::NotSent(cause())),
            "WARN",
            "UPI_UNREACHABLE",
            "NOT_SENT",
        ),
        (
            || Err(CallError::Refused(cause())),
            "WARN",
            "UPI_REFUSED",
            "REFUSED",
        ),
        (
            || Err(CallError::Unknown(cause())),
            "WARN",
            "OUTCOME_UNKNOWN",
            "UNKNOWN",
        ),
    ];
    for (script, level, reason, dispatch) in scripts {
        let (log, _guard) = Log::start();
        let upi = Upi::prompt(script);
        let rig = Setup { upi, ..setup() }.start().await;
        rig.failure(request("1")).await;
        let line = log.line().await;
        assert_eq!(
            (&line["level"], &line["reason"]),
            (&level.into(), &reason.into())
        );
        assert_eq!(line["dispatch"], dispatch);
    }
}

#[tokio::test]
async fn a_refusal_by_upi_says_what_to_check_and_nothing_else_does() {
    let hint = async |script: Script| {
        let (log, _guard) = Log::start();
        let upi = Upi::prompt(script);
        let rig = Setup { upi, ..setup() }.start().await;
        rig.failure(request("1")).await;
        log.line().await["hint"].as_str().map(ToOwned::to_owned)
    };
    let refused = hint(|| Err(CallError::Refused(cause()))).await.unwrap();
    let checks = [
        "upi.signing.kid",
        "clock",
        "upi.app_id",
        "upi.request_path",
        "`idphoto doctor --network`",
    ];
    let places: Vec<_> = checks.iter().map(|check| refused.find(check)).collect();
    assert!(places.iter().all(Option::is_some), "{refused}");
    assert!(places.is_sorted(), "{refused}");
    assert_eq!(hint(|| Err(CallError::Unknown(cause()))).await, None);
}

#[tokio::test]
async fn a_fault_of_ours_is_an_error_with_its_chain_of_causes() {
    let (log, _guard) = Log::start();
    let engine = Engine::failing(&["claim"]);
    let rig = Setup { engine, ..setup() }.start().await;
    rig.failure(request("1")).await;
    let line = log.line().await;
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["reason"], "LEDGER_UNAVAILABLE");
    let chain = format!("the ledger's engine failed: {}", cause());
    assert_eq!(line["cause"], chain.as_str());
}

#[tokio::test]
async fn a_caller_that_leaves_has_its_line_too() {
    let (log, _guard) = Log::start();
    let upi = Upi::held(|| Ok(answer()));
    let rig = Setup { upi, ..setup() }.start().await;
    let mut client = rig.client();
    let call = tokio::spawn(async move { client.verify_id_photo(request("1")).await });
    eventually(|| rig.upi.posts() == 1).await;
    call.abort();
    let line = log.line().await;
    assert_eq!(
        (&line["code"], &line["dispatch"]),
        (&"CANCELLED".into(), &"IN_FLIGHT".into())
    );
    assert_eq!(line["order_id"], request("1").order_id);
    rig.upi.release();
    rig.verifier.idle().await;
    assert_eq!(log.calls().len(), 1);
}

#[tokio::test]
async fn a_caller_that_leaves_during_its_upload_sent_nothing() {
    let (log, _guard) = Log::start();
    let rig = setup().start().await;
    let connection = Connection::open(rig.address).await;
    let mut stream = connection.call(raw::VERIFY).await;
    stream
        .body
        .send_data(b"\0".as_slice().into(), false)
        .unwrap();
    // What is answered later on the connection was read later.
    connection.call("/unknown").await.http_status().await;
    stream.body.send_reset(h2::Reason::CANCEL);
    let line = log.line().await;
    assert_eq!(
        (&line["code"], &line["dispatch"]),
        (&"CANCELLED".into(), &"NOT_SENT".into())
    );
    drop(stream);
}

#[tokio::test]
async fn what_a_caller_puts_in_the_wrong_place_is_not_logged() {
    let (log, _guard) = Log::start();
    let rig = setup().start().await;
    let mut wrong = request("1");
    wrong.order_id = "canary".to_owned();
    wrong.customer.as_mut().unwrap().name = "canary".to_owned();
    wrong.photo = b"canary".as_slice().into();
    rig.failure(wrong).await;
    raw::error(rig.address, &[("grpc-timeout", "canary")], false, b"canary").await;
    raw::error(rig.address, &[], false, b"canary").await;
    let path = "/idphoto.v1.IdPhotoService/canary";
    Stream::open(rig.address, path, &[("canary", "canary")])
        .await
        .error()
        .await;
    eventually(|| log.calls().len() == 4).await;
    assert!(!log.text().contains("canary"), "{}", log.text());
}

#[tokio::test]
async fn a_pending_answer_and_a_missing_order_are_the_callers_affair() {
    let (log, _guard) = Log::start();
    let upi = Upi::held(|| Ok(answer()));
    let rig = Setup { upi, ..setup() }.start().await;
    rig.failure(timed("1", Duration::from_secs(4))).await;
    rig.client().get_verification(get("2")).await.unwrap_err();
    eventually(|| log.calls().len() == 2).await;
    let lines = log.calls();
    assert!(
        lines.iter().all(|line| line["level"] == "INFO"),
        "{lines:?}"
    );
    let reasons = [&lines[0]["reason"], &lines[1]["reason"]];
    assert_eq!(reasons, [&"ANSWER_PENDING", &"VERIFICATION_NOT_FOUND"]);
}
