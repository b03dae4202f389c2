//! What a sandbox can be asked for, and what it says when it does not understand.

use idphoto::pb::VerifyIdPhotoResponse;
use idphoto::pb::verify_id_photo_response::Outcome;
use serde_json::Value;

use crate::process::{Gateway, idphoto};
use crate::requests::request;

/// What the command prints; it needs no folder, port or configuration.
fn listed(args: &[&str]) -> String {
    let empty = tempfile::tempdir().unwrap();
    let mut command = idphoto(&[&["sandbox", "--scenarios"], args].concat());
    let output = command.current_dir(&empty).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(empty.path().read_dir().unwrap().count(), 0);
    String::from_utf8(output.stdout).unwrap()
}

async fn answer(gateway: &Gateway, scenario: &str) -> VerifyIdPhotoResponse {
    let answered = gateway.client().verify_id_photo(request(scenario)).await;
    answered.unwrap().into_inner()
}

#[test]
fn the_list_is_printed_for_people_and_for_programs() {
    let text = listed(&[]);
    for part in [
        "sandbox:confidence=42",
        "delay=",
        "slow-body",
        "A body that comes in drops",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let json: Value = serde_json::from_str(&listed(&["--json"])).unwrap();
    assert_eq!(json["prefix"], "sandbox:");
    assert_eq!(json["directives"][0]["name"], "confidence");
    assert_eq!(json["faults"].as_array().unwrap().len(), 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answers_of_the_list_come() {
    let gateway = Gateway::start(&[]);
    let json: Value = serde_json::from_str(&listed(&["--json"])).unwrap();
    let example = json["directives"][0]["example"].as_str().unwrap();
    let Some(Outcome::Comparison(comparison)) = answer(&gateway, example).await.outcome else {
        panic!("no comparison");
    };
    assert_eq!(comparison.confidence, 42);
    let example = json["directives"][1]["example"].as_str().unwrap();
    let Some(Outcome::Rejection(rejection)) = answer(&gateway, example).await.outcome else {
        panic!("no rejection");
    };
    assert_eq!(rejection.code, "70");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_directive_is_named_in_the_answer_and_in_the_log() {
    let gateway = Gateway::start(&[]);
    let Some(Outcome::Rejection(rejection)) = answer(&gateway, "sandbox:speed=9").await.outcome
    else {
        panic!("no rejection");
    };
    let named = "\"speed\" is no directive; there are confidence=, code=, delay=, fault=";
    assert_eq!(rejection.code, "30");
    assert_eq!(rejection.detail, format!("scUsageScenarios: {named}"));
    let line = format!("WARN sandbox: the usage scenario is refused: {named}");
    gateway.process.prints(&line).await;
}

#[test]
fn verify_shows_the_detail_of_a_rejection() {
    let gateway = Gateway::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let customer = folder.path().join("customer.json");
    let person = r#"{"name": "李雷", "id_number": "11010519491231002X"}"#;
    std::fs::write(&customer, person).unwrap();
    let target = format!("http://{}", gateway.address);
    let consent = "--purpose test --agreement-version 1.0 --agreement-serial 20260101000001";
    let mut command = idphoto(&["verify", "--target", &target]);
    command.args(["--usage-scenario", "sandbox:hang", "--photo"]);
    command.arg(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/assets/demo/portrait.jpg"
    ));
    command
        .arg("--customer-file")
        .arg(&customer)
        .args(consent.split(' '));
    let output = command.output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let detail =
        "\n  detail   scUsageScenarios: \"hang\" is no directive; did you mean fault=hang?\n";
    assert!(told.contains(detail), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_a_persons_is_in_neither() {
    let gateway = Gateway::start(&["telemetry.log_level=debug"]);
    for text in ["11010519491231002X", "Li Lei", "fault=11010519491231002X"] {
        let scenario = format!("sandbox:{text}");
        let Some(Outcome::Rejection(rejection)) = answer(&gateway, &scenario).await.outcome else {
            panic!("no rejection");
        };
        assert_eq!(rejection.code, "30");
        assert!(
            rejection
                .detail
                .contains("something that is not shown here")
        );
        assert!(!rejection.detail.contains("1101"), "{}", rejection.detail);
    }
    gateway
        .process
        .prints("something that is not shown here is no fault")
        .await;
    let printed = gateway.process.printed();
    assert!(
        !printed.contains("110105") && !printed.contains("Li Lei"),
        "{printed}"
    );
}
