//! What a command says of a status that the gateway made, and of one that it did not.

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::Failure;
use crate::cli::exit::Exit;

fn unavailable(domain: &str) -> Failure {
    let metadata = HashMap::from([
        ("dispatch".to_owned(), "NOT_SENT".to_owned()),
        ("retry".to_owned(), "SAME_ORDER".to_owned()),
    ]);
    let details = ErrorDetails::with_error_info("DRAINING", domain, metadata);
    Status::with_error_details(Code::Unavailable, "draining", details).into()
}

#[test]
fn the_gateways_own_unavailable_says_that_nothing_was_sent() {
    let failure = unavailable("idphoto");
    assert_eq!(failure.dispatch, "NOT_SENT");
    assert_eq!(failure.retry, "SAME_ORDER");
    assert_eq!(failure.exit(), Exit::Unavailable);
}

#[test]
fn a_limit_that_was_reached_is_told() {
    let mut details = ErrorDetails::with_error_info("QUOTA_EXCEEDED", "idphoto", HashMap::new());
    details.add_quota_failure_violation("caller:loans", "rate");
    let failure = Failure::from(Status::with_error_details(
        Code::ResourceExhausted,
        "used up",
        details,
    ));
    assert_eq!(
        failure.to_text(),
        "QUOTA_EXCEEDED (ResourceExhausted): used up\n  caller:loans: rate"
    );
    let told = failure.to_json();
    assert_eq!(told["quota"][0]["subject"], "caller:loans");
    assert_eq!(told["quota"][0]["description"], "rate");
    assert_eq!(failure.exit(), Exit::Unavailable);
}

#[test]
fn a_status_of_somebody_else_leaves_the_order_to_be_asked_for() {
    let others = [
        Failure::from(Status::unavailable("upstream connect error")),
        Failure::from(Status::cancelled("reset")),
        Failure::from(Status::deadline_exceeded("time is over")),
        Failure::from(Status::internal("stream error")),
        unavailable("proxy.example"),
    ];
    for failure in others {
        assert_eq!(failure.reason, "");
        assert_eq!(failure.dispatch, "UNKNOWN_TO_CLIENT");
        assert_eq!(failure.retry, "ASK_FIRST");
        assert_eq!(failure.exit(), Exit::NoAnswer);
        assert!(failure.to_text().contains("idphoto get"));
    }
}

#[test]
fn a_refusal_of_somebody_else_is_no_advice() {
    let failure = Failure::from(Status::permission_denied("no"));
    assert_eq!(
        (failure.dispatch.as_str(), failure.retry.as_str()),
        ("", "")
    );
    assert_eq!(failure.exit(), Exit::Failure);
}

#[test]
fn a_server_that_does_not_know_the_method_is_no_gateway() {
    let failure = Failure::from(Status::unimplemented("no such service"));
    assert_eq!(failure.reason, "NOT_A_GATEWAY");
    assert_eq!(failure.exit(), Exit::Unavailable);
    assert!(failure.to_text().contains("server.health_listen"));
}
