//! Everything that can go wrong at UPI's side: what the caller is told, and that no
//! replay by a proxy can ever send an order twice.

use idphoto::pb::VerificationState::{Answered, NotSent, OutcomeUnknown};
use idphoto::sandbox::Fault;
use tokio::task::JoinSet;
use tonic::Code;

use crate::process::Gateway;
use crate::raw::{Call, Ended};
use crate::requests::{expected, request, row};

/// The whole-call timeout is short, so that hanging faults end soon.
const SETTINGS: [&str; 2] = ["upi.timeout=4s", "upi.connect_timeout=1s"];

/// Faults after which an answer comes all the same, if slowly.
const HARMLESS: [&str; 0] = [];

fn names() -> impl Iterator<Item = &'static str> {
    Fault::ALL.into_iter().map(Fault::name)
}

fn scenario(fault: &str) -> String {
    format!("sandbox:fault={fault}")
}

#[tokio::test]
async fn each_fault_is_told_by_what_is_certain_about_the_order() {
    let gateway = Gateway::start(&SETTINGS);
    let mut calls = JoinSet::new();
    for name in names().filter(|name| !HARMLESS.contains(name)) {
        let (mut client, request) = (gateway.client(), request(&scenario(name)));
        let order_id = request.order_id.clone();
        calls.spawn(async move { (name, order_id, client.verify_id_photo(request).await) });
    }
    for (name, order_id, ended) in calls.join_all().await {
        let status = ended.expect_err(name);
        let (told, kept) = match name {
            "unauthorized" => (
                expected(Code::Internal, "UPI_REFUSED", "REFUSED", "SAME_ORDER"),
                NotSent,
            ),
            _ => (
                expected(Code::Unknown, "OUTCOME_UNKNOWN", "UNKNOWN", "NEW_ORDER"),
                OutcomeUnknown,
            ),
        };
        assert_eq!(row(&status), told, "{name}");
        assert_eq!(gateway.settled(&order_id).await, kept, "{name}");
        assert_eq!(gateway.posts(&order_id).await, 1, "{name}");
    }
}

#[tokio::test]
async fn unavailable_and_cancelled_never_leave_after_a_byte_was_sent() {
    let gateway = Gateway::start(&SETTINGS);
    let mut calls = JoinSet::new();
    for name in names().chain(["none"]) {
        for grpc_timeout in [None, Some("300m"), Some("1S")] {
            let scenario = match name {
                "none" => "sandbox:delay=600ms".to_owned(),
                fault => scenario(fault),
            };
            let (address, request) = (gateway.address.clone(), request(&scenario));
            let order_id = request.order_id.clone();
            calls.spawn(async move {
                let call = Call::start(&address, "VerifyIdPhoto", &request, grpc_timeout).await;
                (name, order_id, call.end().await)
            });
        }
    }
    let replayed = [Code::Unavailable as i32, Code::Cancelled as i32];
    for (name, order_id, ended) in calls.join_all().await {
        let Ended::Status { code, details } = ended else {
            panic!("{name}: the stream was cut");
        };
        assert_eq!(details, code != 0, "{name}");
        let sent = gateway.posts(&order_id).await > 0;
        assert!(!(sent && replayed.contains(&code)), "{name}: {code}");
    }
}

#[tokio::test]
async fn a_cancelled_call_settles_as_its_fault_does() {
    let gateway = Gateway::start(&SETTINGS);
    let mut orders = Vec::new();
    for name in names().chain(["none"]) {
        let request = match name {
            "none" => request("sandbox:delay=600ms"),
            fault => request(&scenario(fault)),
        };
        orders.push((name, request.order_id.clone()));
        let call = Call::start(&gateway.address, "VerifyIdPhoto", &request, None).await;
        let order_id = request.order_id;
        gateway.sent(&order_id).await;
        drop(call);
    }
    for (name, order_id) in orders {
        let kept = match name {
            "none" => Answered,
            "unauthorized" => NotSent,
            _ => OutcomeUnknown,
        };
        assert_eq!(gateway.settled(&order_id).await, kept, "{name}");
        assert_eq!(gateway.posts(&order_id).await, 1, "{name}");
    }
}
