//! The error table, row by row.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use time::OffsetDateTime;
use tonic::Code;
use tonic_types::StatusExt as _;

use super::rig::{Setup, get, named_order, request, row, setup, timed, told};
use crate::domain::{CallerName, Identity, Method, sample};
use crate::verify::doubles::{Engine, Upi, answer, cause};
use crate::verify::error::{CallerLimit, Denial, Forbidden};
use crate::verify::port::{Admission, Admitted, CallError, Clock, TurnedAway};

/// Turns everybody away.
struct Deny(Denial);

impl Admission for Deny {
    fn admit(&self, _: &Identity, _: Option<Method>) -> Result<Admitted, TurnedAway> {
        Err(self.0.clone().into())
    }
}

/// A clock with a bug.
struct Broken;

impl Clock for Broken {
    fn now(&self) -> OffsetDateTime {
        panic!("as the test asked")
    }
}

fn denying(denial: Denial) -> Setup {
    let admission = Arc::new(Deny(denial));
    Setup {
        admission,
        ..setup()
    }
}

fn answering(upi: Arc<Upi>) -> Setup {
    Setup { upi, ..setup() }
}

fn order_id(tag: &str) -> Option<String> {
    Some(sample::draft(tag).order_id)
}

#[tokio::test]
async fn invalid_fields_are_all_named_with_their_paths() {
    let rig = setup().start().await;
    let mut wrong = request("1");
    wrong.customer.as_mut().unwrap().id_number = "canary".to_owned();
    wrong.photo = b"canary".as_slice().into();
    let status = rig.failure(wrong).await;
    let expected = told(
        Code::InvalidArgument,
        "INVALID_FIELD",
        "NOT_SENT",
        "FIX_REQUEST",
    );
    assert_eq!(row(&status), expected);
    assert_eq!(named_order(&status), order_id("1"));
    let violations = status.get_details_bad_request().unwrap().field_violations;
    let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["customer.id_number", "photo"]);
    assert!(violations.iter().all(|v| !v.description.is_empty()));
    assert!(!format!("{status:?}").contains("canary"));
    assert_eq!(rig.upi.posts(), 0);
}

#[tokio::test]
async fn an_order_id_that_is_none_is_not_echoed() {
    let rig = setup().start().await;
    let mut wrong = request("1");
    wrong.order_id = "canary 11010519491231002X".to_owned();
    let status = rig.failure(wrong).await;
    assert_eq!(named_order(&status), None);
    let details = String::from_utf8_lossy(status.details());
    assert!(!details.contains("canary"));
}

#[tokio::test]
async fn too_large_a_message() {
    let rig = setup().start().await;
    let mut large = request("1");
    large.photo = vec![0; 2 * 1024 * 1024].into();
    let status = rig.failure(large).await;
    let expected = told(
        Code::InvalidArgument,
        "REQUEST_TOO_LARGE",
        "NOT_SENT",
        "FIX_REQUEST",
    );
    assert_eq!(row(&status), expected);
}

#[tokio::test]
async fn an_order_id_used_for_other_content() {
    let rig = setup().start().await;
    rig.client().verify_id_photo(request("1")).await.unwrap();
    let mut other = request("1");
    other.consent.as_mut().unwrap().purpose = "another one".to_owned();
    let status = rig.failure(other).await;
    let expected = told(
        Code::AlreadyExists,
        "ORDER_ID_REUSED",
        "NOT_SENT",
        "FIX_REQUEST",
    );
    assert_eq!(row(&status), expected);
    assert_eq!(named_order(&status), order_id("1"));
}

#[tokio::test]
async fn a_caller_who_is_not_known_or_not_allowed() {
    let rows = [
        (
            Denial::Unauthenticated,
            Code::Unauthenticated,
            "UNAUTHENTICATED",
        ),
        (
            Denial::PermissionDenied(Forbidden::Method),
            Code::PermissionDenied,
            "PERMISSION_DENIED",
        ),
    ];
    for (denial, code, reason) in rows {
        let rig = denying(denial).start().await;
        let expected = told(code, reason, "NOT_SENT", "FIX_REQUEST");
        assert_eq!(row(&rig.failure(request("1")).await), expected);
        let status = rig.client().get_verification(get("1")).await.unwrap_err();
        assert_eq!(row(&status), expected);
        assert_eq!(rig.upi.posts(), 0);
    }
}

#[tokio::test]
async fn a_quota_that_is_used_up() {
    let rig = denying(Denial::QuotaExceeded {
        caller: CallerName::parse("loans").unwrap(),
        limit: CallerLimit::Rate,
        retry_after: Duration::from_secs(7),
    });
    let status = rig.start().await.failure(request("1")).await;
    let expected = told(
        Code::ResourceExhausted,
        "QUOTA_EXCEEDED",
        "NOT_SENT",
        "SAME_ORDER",
    );
    assert_eq!(row(&status), expected);
    let quota = status.get_details_quota_failure().unwrap();
    assert_eq!(quota.violations.len(), 1);
    assert_eq!(quota.violations[0].subject, "caller:loans");
    assert_eq!(quota.violations[0].description, "rate");
    let retry = status.get_details_retry_info().unwrap().retry_delay;
    assert_eq!(retry, Some(Duration::from_secs(7)));
}

/// Clients take 8 KiB of headers in all where nobody told them otherwise.
#[tokio::test]
async fn a_quota_of_the_longest_name_fits_into_headers() {
    let rig = denying(Denial::QuotaExceeded {
        caller: CallerName::parse(&"x".repeat(64)).unwrap(),
        limit: CallerLimit::MaxInFlight,
        retry_after: Duration::MAX,
    });
    let status = rig.start().await.failure(request("1")).await;
    assert!(status.get_details_quota_failure().is_some());
    assert!(status.details().len() < 1024, "{}", status.details().len());
}

#[tokio::test]
async fn no_room_for_another_call() {
    let mut setup = setup();
    setup.limits.max_in_flight = 0;
    let status = setup.start().await.failure(request("1")).await;
    let expected = told(
        Code::ResourceExhausted,
        "OVERLOADED",
        "NOT_SENT",
        "SAME_ORDER",
    );
    assert_eq!(row(&status), expected);
    assert!(status.get_details_retry_info().unwrap().retry_delay > Some(Duration::ZERO));
}

#[tokio::test]
async fn a_server_that_drains() {
    let rig = setup().start().await;
    rig.verifier.drain();
    let status = rig.failure(request("1")).await;
    let expected = told(Code::Unavailable, "DRAINING", "NOT_SENT", "SAME_ORDER");
    assert_eq!(row(&status), expected);
    assert_eq!(named_order(&status), order_id("1"));
    assert_eq!(rig.upi.posts(), 0);
}

#[tokio::test]
async fn a_ledger_that_cannot_write_or_read() {
    for step in ["claim", "find"] {
        let engine = Engine::failing(&[step]);
        let rig = Setup { engine, ..setup() }.start().await;
        let status = rig.failure(request("1")).await;
        let expected = told(
            Code::Unavailable,
            "LEDGER_UNAVAILABLE",
            "NOT_SENT",
            "SAME_ORDER",
        );
        assert_eq!(row(&status), expected, "{step}");
        assert!(status.get_details_retry_info().unwrap().retry_delay > Some(Duration::ZERO));
        assert_eq!(rig.upi.posts(), 0);
    }
    let engine = Engine::failing(&["find"]);
    let rig = Setup { engine, ..setup() }.start().await;
    let status = rig.client().get_verification(get("1")).await.unwrap_err();
    let expected = told(
        Code::Unavailable,
        "LEDGER_UNAVAILABLE",
        "NOT_SENT",
        "SAME_ORDER",
    );
    assert_eq!(row(&status), expected);
}

#[tokio::test]
async fn a_token_that_does_not_sign() {
    let upi = Upi::prompt(|| Ok(answer()));
    upi.no_signature.store(true, Ordering::SeqCst);
    let rig = answering(upi).start().await;
    let status = rig.failure(request("1")).await;
    let expected = told(
        Code::Unavailable,
        "SIGNING_UNAVAILABLE",
        "NOT_SENT",
        "SAME_ORDER",
    );
    assert_eq!(row(&status), expected);
    assert!(status.get_details_retry_info().unwrap().retry_delay > Some(Duration::ZERO));
    let nothing = rig.client().get_verification(get("1")).await.unwrap_err();
    assert_eq!(nothing.code(), Code::NotFound);
    assert_eq!(rig.upi.posts(), 0);
}

#[tokio::test]
async fn an_upi_that_cannot_be_reached() {
    let upi = Upi::prompt(|| Err(CallError::NotSent(cause())));
    let status = answering(upi).start().await.failure(request("1")).await;
    let expected = told(
        Code::Unavailable,
        "UPI_UNREACHABLE",
        "NOT_SENT",
        "SAME_ORDER",
    );
    assert_eq!(row(&status), expected);
    assert!(status.get_details_retry_info().unwrap().retry_delay > Some(Duration::ZERO));
}

#[tokio::test]
async fn an_upi_that_is_not_tried_since_it_could_not_be_reached() {
    let mut setup = answering(Upi::prompt(|| Err(CallError::NoConnection(cause()))));
    setup.limits.breaker_failures = 2;
    let upi = Arc::clone(&setup.upi);
    let rig = setup.start().await;
    let tried = rig.failure(request("1")).await;
    rig.failure(request("2")).await;
    let refused = rig.failure(request("3")).await;
    assert_eq!(row(&refused), row(&tried));
    assert!(refused.get_details_retry_info().unwrap().retry_delay > Some(Duration::ZERO));
    assert_eq!(upi.posts(), 2);
}

#[tokio::test]
async fn a_deadline_that_is_too_short() {
    let mut setup = setup();
    setup.limits.least_time = Duration::from_secs(60);
    let rig = setup.start().await;
    let status = rig.failure(timed("1", Duration::from_secs(30))).await;
    let expected = told(
        Code::DeadlineExceeded,
        "DEADLINE_TOO_SHORT",
        "NOT_SENT",
        "SAME_ORDER",
    );
    assert_eq!(row(&status), expected);
    assert_eq!(rig.upi.posts(), 0);
}

#[tokio::test]
async fn a_signature_that_upi_refused() {
    let upi = Upi::prompt(|| Err(CallError::Refused(cause())));
    let status = answering(upi).start().await.failure(request("1")).await;
    let expected = told(Code::Internal, "UPI_REFUSED", "REFUSED", "SAME_ORDER");
    assert_eq!(row(&status), expected);
}

#[tokio::test]
async fn an_answer_that_is_awaited() {
    let rig = answering(Upi::held(|| Ok(answer()))).start().await;
    let status = rig.failure(timed("1", Duration::from_secs(1))).await;
    let expected = told(
        Code::DeadlineExceeded,
        "ANSWER_PENDING",
        "IN_FLIGHT",
        "SAME_ORDER",
    );
    assert_eq!(row(&status), expected);
    assert_eq!(named_order(&status), order_id("1"));
}

#[tokio::test]
async fn an_outcome_that_nobody_knows() {
    let upi = Upi::prompt(|| Err(CallError::Unknown(cause())));
    let status = answering(upi).start().await.failure(request("1")).await;
    let expected = told(Code::Unknown, "OUTCOME_UNKNOWN", "UNKNOWN", "NEW_ORDER");
    assert_eq!(row(&status), expected);
}

#[tokio::test]
async fn an_order_that_nobody_knows() {
    let rig = setup().start().await;
    let status = rig.client().get_verification(get("1")).await.unwrap_err();
    assert_eq!(
        row(&status),
        told(Code::NotFound, "VERIFICATION_NOT_FOUND", "", "")
    );
    assert_eq!(named_order(&status), order_id("1"));
}

#[tokio::test]
async fn a_request_that_cannot_be_sealed_is_a_fault() {
    let rig = setup().start().await;
    rig.upi.seal_fails.store(true, Ordering::SeqCst);
    let status = rig.failure(request("1")).await;
    let expected = told(Code::Internal, "GATEWAY_FAULT", "NOT_SENT", "NEVER");
    assert_eq!(row(&status), expected);
    assert_eq!(status.message(), "fault of the gateway");
}

#[tokio::test]
async fn a_panic_before_sending_is_a_fault_and_the_connection_lives() {
    let clock = Arc::new(Broken);
    let rig = Setup { clock, ..setup() }.start().await;
    let mut client = rig.client();
    let status = client.verify_id_photo(request("1")).await.unwrap_err();
    let expected = told(Code::Internal, "GATEWAY_FAULT", "NOT_SENT", "NEVER");
    assert_eq!(row(&status), expected);
    let status = client.get_verification(get("1")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn a_panic_while_sending_is_a_fault_with_an_unknown_outcome() {
    let rig = setup().start().await;
    rig.upi.send_panics.store(true, Ordering::SeqCst);
    let status = rig.failure(request("1")).await;
    let expected = told(Code::Internal, "GATEWAY_FAULT", "UNKNOWN", "NEVER");
    assert_eq!(row(&status), expected);
}

#[tokio::test]
async fn a_get_without_a_well_formed_order_id_is_invalid() {
    let rig = setup().start().await;
    let asked = crate::pb::GetVerificationRequest::default();
    let status = rig.client().get_verification(asked).await.unwrap_err();
    let expected = told(
        Code::InvalidArgument,
        "INVALID_FIELD",
        "NOT_SENT",
        "FIX_REQUEST",
    );
    assert_eq!(row(&status), expected);
    let violations = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!(violations[0].field, "order_id");
}
