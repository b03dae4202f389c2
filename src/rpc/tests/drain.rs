//! The end of a server, with all kinds of peers that do not let go.

use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::raw::{self, Stream};
use super::rig::{Setup, eventually, get, request, row, setup, told};
use crate::domain::sample;
use crate::verify::Ticket;
use crate::verify::doubles::{Upi, answer};
use crate::verify::error::{NotSent, VerifyError};

const SECOND: Duration = Duration::from_secs(1);

/// Longer than any machine takes, and much shorter than a patient drain.
const LONG: Duration = Duration::from_secs(60);

/// Drains for ten minutes at most.
fn patient() -> Setup {
    let mut setup = setup();
    setup.settings.drain_timeout = 10 * LONG;
    setup
}

#[tokio::test]
async fn an_idle_server_ends_as_soon_as_the_delay_has_passed() {
    let mut setup = patient();
    setup.settings.drain_delay = Duration::from_millis(200);
    let rig = setup.start().await;
    let mut client = rig.client();
    client.verify_id_photo(request("1")).await.unwrap();
    let taken = rig.drained().await;
    assert!(taken >= Duration::from_millis(200), "{taken:?}");
    assert!(taken < LONG, "{taken:?}");
}

#[tokio::test]
async fn during_the_delay_health_says_no_and_calls_are_served() {
    let mut setup = patient();
    setup.settings.drain_delay = SECOND;
    let rig = setup.start().await;
    let mut health = HealthClient::new(rig.channel());
    let watching = health.watch(HealthCheckRequest::default()).await;
    let mut statuses = watching.unwrap().into_inner();
    let status = async |statuses: &mut tonic::Streaming<_>| -> ServingStatus {
        let told: tonic_health::pb::HealthCheckResponse =
            statuses.message().await.unwrap().unwrap();
        told.status()
    };
    assert_eq!(status(&mut statuses).await, ServingStatus::Serving);
    let mut client = rig.client();
    rig.stop.send(()).unwrap();
    assert_eq!(status(&mut statuses).await, ServingStatus::NotServing);
    client.verify_id_photo(request("1")).await.unwrap();
    assert_eq!(
        statuses.message().await.unwrap(),
        None,
        "the watch ends itself"
    );
    rig.running.await.unwrap();
}

#[tokio::test]
async fn an_order_in_flight_is_waited_for_and_answered() {
    let upi = Upi::held(|| Ok(answer()));
    let rig = Setup { upi, ..patient() }.start().await;
    let mut client = rig.client();
    let call = tokio::spawn(async move { client.verify_id_photo(request("1")).await });
    eventually(|| rig.upi.posts() == 1).await;
    let mut others = rig.client();
    let mut check = request("2");
    check.validate_only = true;
    rig.stop.send(()).unwrap();
    while others.verify_id_photo(check.clone()).await.is_ok() {}
    assert!(!rig.running.is_finished());
    rig.upi.release();
    assert!(call.await.unwrap().unwrap().into_inner().outcome.is_some());
    timeout(LONG, rig.running).await.unwrap().unwrap();
}

#[tokio::test]
async fn new_calls_on_an_old_connection_are_refused_as_draining_or_not_at_all() {
    let upi = Upi::held(|| Ok(answer()));
    let mut setup = Setup { upi, ..patient() };
    setup.limits.max_in_flight = 1;
    let rig = setup.start().await;
    let mut client = rig.client();
    let mut other = client.clone();
    let call = tokio::spawn(async move { client.verify_id_photo(request("1")).await });
    eventually(|| rig.upi.posts() == 1).await;
    rig.stop.send(()).unwrap();
    let refusals = async {
        // Before the drain there is no room. Until GOAWAY comes the server says that it drains;
        // from then on the client opens no stream, and says so in words of its own.
        loop {
            let refused = other.verify_id_photo(request("2")).await.unwrap_err();
            if refused.details().is_empty() {
                return;
            }
            let reason = row(&refused).1;
            assert!(
                ["OVERLOADED", "DRAINING"].contains(&reason.as_str()),
                "{reason}"
            );
        }
    };
    timeout(LONG, refusals).await.expect("no GOAWAY");
    // A stream that was opened before GOAWAY came would be told so by the use case.
    let late = rig
        .verifier
        .verify(sample::verification("3"), None, Ticket::default())
        .await;
    let draining = matches!(late, Err(VerifyError::NotSent(NotSent::Draining)));
    assert!(draining, "{late:?}");
    assert_eq!(rig.upi.posts(), 1);
    rig.upi.release();
    call.await.unwrap().unwrap();
    rig.running.await.unwrap();
}

#[tokio::test]
async fn the_hard_end_tells_callers_that_the_outcome_is_unknown() {
    let upi = Upi::held(|| Ok(answer()));
    let rig = Setup { upi, ..setup() }.start().await;
    let mut client = rig.client();
    let call = tokio::spawn(async move { client.verify_id_photo(request("1")).await });
    eventually(|| rig.upi.posts() == 1).await;
    let taken = rig.drained().await;
    assert!(taken >= Duration::from_millis(500), "{taken:?}");
    assert!(taken < LONG, "{taken:?}");
    let status = call.await.unwrap().unwrap_err();
    let expected = told(Code::Unknown, "OUTCOME_UNKNOWN", "UNKNOWN", "NEW_ORDER");
    assert_eq!(row(&status), expected);
}

#[tokio::test]
async fn silent_connections_do_not_hold_the_server() {
    let rig = patient().start().await;
    let silent = TcpStream::connect(rig.address).await.unwrap();
    rig.client().get_verification(get("1")).await.unwrap_err();
    let taken = rig.drained().await;
    assert!(taken < LONG, "{taken:?}");
    drop(silent);
}

#[tokio::test]
async fn a_preface_without_any_more_does_not_hold_the_server() {
    use tokio::io::AsyncWriteExt as _;

    let rig = patient().start().await;
    let mut half = TcpStream::connect(rig.address).await.unwrap();
    half.write_all(b"PRI * HTTP/2.0\r\n").await.unwrap();
    rig.client().get_verification(get("1")).await.unwrap_err();
    let taken = rig.drained().await;
    assert!(taken < LONG, "{taken:?}");
}

#[tokio::test]
async fn a_peer_that_never_acknowledges_does_not_hold_the_server() {
    use tokio::io::AsyncWriteExt as _;

    let rig = patient().start().await;
    let mut mute = TcpStream::connect(rig.address).await.unwrap();
    mute.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await
        .unwrap();
    let mut settings = [0; 9];
    mute.read_exact(&mut settings).await.unwrap();
    let taken = rig.drained().await;
    assert!(taken < LONG, "{taken:?}");
}

#[tokio::test]
async fn a_watch_does_not_hold_the_server() {
    let rig = patient().start().await;
    let mut health = HealthClient::new(rig.channel());
    let watching = health.watch(HealthCheckRequest::default()).await;
    let mut statuses = watching.unwrap().into_inner();
    statuses.message().await.unwrap().unwrap();
    let taken = rig.drained().await;
    assert!(taken < LONG, "{taken:?}");
}

#[tokio::test]
async fn an_upload_that_never_ends_is_cut_at_the_hard_end() {
    let rig = setup().start().await;
    let stream = Stream::open(rig.address, raw::VERIFY, &[]).await;
    rig.client().get_verification(get("1")).await.unwrap_err();
    let taken = rig.drained().await;
    assert!(taken >= Duration::from_millis(500), "{taken:?}");
    assert!(taken < LONG, "{taken:?}");
    drop(stream);
}

#[tokio::test]
async fn the_port_is_free_after_the_end() {
    let rig = setup().start().await;
    let address = rig.address;
    rig.drained().await;
    assert!(TcpStream::connect(address).await.is_err());
}
