//! Many calls at once, and callers that take more than their part.

use prost::Message as _;
use tokio::task::{JoinSet, yield_now};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

use super::log::Log;
use super::raw::{Connection, Stream, VERIFY, frame};
use super::rig::{Rig, Setup, eventually, get, request, row, setup, told};
use crate::verify::Limits;

const GET: &str = "/idphoto.v1.IdPhotoService/GetVerification";
const WATCH: &str = "/grpc.health.v1.Health/Watch";

fn is_overloaded(status: &Status) {
    let expected = told(
        Code::ResourceExhausted,
        "OVERLOADED",
        "NOT_SENT",
        "SAME_ORDER",
    );
    assert_eq!(row(status), expected);
    assert!(status.get_details_retry_info().is_some());
}

fn roomy() -> Setup {
    let limits = Limits {
        max_in_flight: 4096,
        ..setup().limits
    };
    Setup { limits, ..setup() }
}

/// With room for so many bytes, of which a connection gets half.
fn cramped(bytes: usize) -> Setup {
    let mut setup = roomy();
    setup.settings.limits.request_bytes = bytes;
    setup
}

/// What is never turned away: questions, and health.
async fn asks(rig: &Rig) {
    let unknown = rig.client().get_verification(get("none")).await;
    assert_eq!(unknown.unwrap_err().code(), Code::NotFound);
    healthy(rig).await.unwrap();
}

async fn healthy(rig: &Rig) -> Result<(), Status> {
    let question = HealthCheckRequest::default();
    HealthClient::new(rig.channel()).check(question).await?;
    Ok(())
}

#[tokio::test]
async fn calls_with_headers_only_shut_nobody_out() {
    let rig = roomy().start().await;
    let connection = Connection::open(rig.address).await;
    let mut open = Vec::new();
    for _ in 0..90 {
        open.push(connection.call(GET).await);
    }
    let mut others = Vec::new();
    for index in 0..6 {
        let other = Connection::open(rig.address).await;
        for _ in 0..90 {
            others.push(other.call(VERIFY).await);
        }
        let mut client = rig.client();
        let tag = index.to_string();
        client.verify_id_photo(request(&tag)).await.unwrap();
    }
    asks(&rig).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_over_one_connection_is_answered() {
    let rig = roomy().start().await;
    let client = rig.client();
    let calls: Vec<_> = (0..700)
        .map(|index| {
            let mut client = client.clone();
            let request = request(&index.to_string());
            tokio::spawn(async move { client.verify_id_photo(request).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

/// More tasks are ready than fit into a worker's own queue, so some calls come to their turn much
/// later than the connection that brings their pieces.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn calls_that_begin_with_a_byte_each_are_answered_on_a_busy_machine() {
    let rig = roomy().start().await;
    let mut busy = JoinSet::new();
    for _ in 0..600 {
        busy.spawn(async {
            loop {
                yield_now().await;
            }
        });
    }
    let connection = Connection::open(rig.address).await;
    let mut streams = Vec::new();
    for _ in 0..1000 {
        let mut stream = connection.call(VERIFY).await;
        stream.body.send_data(vec![0].into(), false).unwrap();
        streams.push(stream);
    }
    for stream in &mut streams {
        // An empty message.
        stream.body.send_data(vec![0; 4].into(), true).unwrap();
    }
    for stream in streams {
        assert_eq!(stream.error().await.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn requests_that_find_no_room_are_refused_at_once_and_questions_are_not() {
    let rig = cramped(64 * 1024).start().await;
    let hoarder = Connection::open(rig.address).await;
    let mut held = hoarder.call(VERIFY).await;
    held.body
        .send_data(vec![0, 0, 16, 0, 0].into(), false)
        .unwrap();
    held.body
        .send_data(vec![0; 20 * 1024].into(), false)
        .unwrap();
    let mut refused = hoarder.call(VERIFY).await;
    let large = frame(false, &[0; 40 * 1024]);
    refused.body.send_data(large, false).unwrap();
    is_overloaded(&refused.error().await);
    asks(&rig).await;
    // Others find what one connection had to leave.
    rig.client().verify_id_photo(request("1")).await.unwrap();
}

#[tokio::test]
async fn what_is_refused_fills_no_window() {
    let rig = cramped(64 * 1024).start().await;
    let connection = Connection::open(rig.address).await;
    let large = frame(false, &[0; 150 * 1024]);
    // Twice the connection's window.
    for _ in 0..60 {
        let mut refused = connection.call(VERIFY).await;
        refused.body.send_data(large.clone(), false).unwrap();
        is_overloaded(&refused.error().await);
    }
    let mut good = connection.call(VERIFY).await;
    let message = frame(false, &request("1").encode_to_vec());
    good.body.send_data(message, true).unwrap();
    assert!(good.brings_a_message().await);
}

/// A call of which a piece has come.
async fn begun(connection: &Connection) -> Stream {
    let mut call = connection.call(VERIFY).await;
    let piece = vec![0, 0, 16, 0, 0].into();
    call.body.send_data(piece, false).unwrap();
    call
}

#[tokio::test]
async fn a_call_beyond_the_backlog_is_refused_on_its_headers_and_the_log_has_one_line_for_many() {
    let (log, _guard) = Log::start();
    let mut setup = roomy();
    setup.settings.limits.backlog.most = 20;
    let rig = setup.start().await;
    let crowd = Connection::open(rig.address).await;
    let mut calls = Vec::new();
    for _ in 0..16 {
        calls.push(begun(&crowd).await);
    }
    for _ in 0..3 {
        // Not a byte of it is asked for.
        is_overloaded(&crowd.call(VERIFY).await.error().await);
    }
    let refused = || {
        let lines = log.lines().into_iter();
        lines.filter(|line| line["reason"] == "OVERLOADED").count()
    };
    eventually(|| refused() == 1).await;
    asks(&rig).await;
    // A connection of its own has its turn, and its place.
    rig.client().verify_id_photo(request("1")).await.unwrap();
    drop(calls);
}

#[tokio::test]
async fn calls_are_refused_and_questions_answered_while_many_wait_to_be_sealed() {
    let mut setup = roomy();
    setup.settings.limits.backlog.most = 1;
    let rig = setup.start().await;
    let (connection, sealing) = (Connection::open(rig.address).await, rig.verifier.sealing());
    sealing.crowd();
    let mut good = connection.call(VERIFY).await;
    let message = frame(false, &request("1").encode_to_vec());
    good.body.send_data(message, true).unwrap();
    let mut held = Vec::new();
    for _ in 1..8 {
        let mut call = connection.call(VERIFY).await;
        // More than its connection may have on the way, with the others.
        let large = frame(false, &[0; 60 * 1024]);
        call.body.send_data(large, false).unwrap();
        held.push(call);
    }
    for _ in 0..20 {
        is_overloaded(&connection.call(VERIFY).await.error().await);
    }
    asks(&rig).await;
    assert_eq!(rig.upi.posts(), 0);
    sealing.disperse();
    assert!(good.brings_a_message().await);
}

#[tokio::test]
async fn an_order_that_waits_for_upi_is_not_in_the_backlog() {
    use crate::verify::doubles::{Upi, answer};
    let mut setup = roomy();
    setup.upi = Upi::held(|| Ok(answer()));
    setup.settings.limits.backlog.most = 1;
    let rig = setup.start().await;
    let client = rig.client();
    let mut calls = JoinSet::new();
    // Over one connection, which has eight places of its own.
    for number in 0..20 {
        let mut client = client.clone();
        let request = request(&number.to_string());
        calls.spawn(async move { client.verify_id_photo(request).await });
        eventually(|| rig.upi.posts() == number + 1).await;
    }
}

#[tokio::test]
async fn bytes_are_held_until_the_call_has_ended_and_no_longer() {
    use crate::verify::doubles::{Upi, answer};
    let size = request("1").encoded_len();
    let upi = Upi::held(|| Ok(answer()));
    let rig = Setup {
        upi,
        ..cramped(3 * size)
    };
    let rig = rig.start().await;
    let mut client = rig.client();
    let mut waiting = client.clone();
    let first = tokio::spawn(async move { waiting.verify_id_photo(request("1")).await });
    eventually(|| rig.upi.posts() == 1).await;
    is_overloaded(&client.verify_id_photo(request("2")).await.unwrap_err());
    rig.upi.release();
    first.await.unwrap().unwrap();
    let next = tokio::spawn(async move { client.verify_id_photo(request("2")).await });
    eventually(|| rig.upi.posts() == 2).await;
    next.abort();
}

#[tokio::test]
async fn a_question_is_small() {
    let rig = setup().start().await;
    let mut stream = Connection::open(rig.address).await.call(GET).await;
    let message = frame(false, &[0; 20 * 1024]);
    stream.body.send_data(message, false).unwrap();
    assert_eq!(row(&stream.error().await).1, "REQUEST_TOO_LARGE");
}

#[tokio::test]
async fn streams_are_bounded_over_all_connections_and_leave_room_for_others() {
    let mut setup = roomy();
    setup.settings.limits.streams = 64;
    let rig = setup.start().await;
    let mut hoarders = Vec::new();
    for _ in 0..3 {
        let hoarder = Connection::open(rig.address).await;
        for _ in 0..20 {
            let mut watch = hoarder.call(WATCH).await;
            watch.body.send_data(frame(false, &[]), true).unwrap();
            hoarders.push(watch);
        }
    }
    asks(&rig).await;
    // Every connection has a few, however many came before.
    let hoarder = Connection::open(rig.address).await;
    let mut calls = Vec::new();
    for _ in 0..64 {
        calls.push(hoarder.call(VERIFY).await);
    }
    is_overloaded(&calls.pop().unwrap().error().await);
    asks(&rig).await;
}

#[tokio::test]
async fn connections_are_bounded() {
    let mut setup = setup();
    setup.settings.limits.connections = 2;
    let rig = setup.start().await;
    let first = Connection::open(rig.address).await;
    let second = Connection::open(rig.address).await;
    // Both are being served.
    for connection in [&first, &second] {
        let mut stream = connection.call(GET).await;
        stream.body.send_data(frame(false, &[]), true).unwrap();
        stream.error().await;
    }
    healthy(&rig).await.unwrap_err();
    drop(first);
    while healthy(&rig).await.is_err() {
        tokio::task::yield_now().await;
    }
}

/// A call with headers of so many bytes and a little more.
async fn call_with(rig: &Rig, bytes: usize) -> Stream {
    let bulk = "x".repeat(bytes);
    let mut stream = Stream::open(rig.address, VERIFY, &[("x-mesh", &bulk)]).await;
    let message = frame(false, &request("1").encode_to_vec());
    stream.body.send_data(message, true).unwrap();
    stream
}

#[tokio::test]
async fn headers_as_meshes_make_them_are_taken() {
    let rig = setup().start().await;
    assert!(call_with(&rig, 60 * 1024).await.brings_a_message().await);
}

#[tokio::test]
async fn headers_over_the_limit_are_refused_with_details_counted_and_logged() {
    let (log, _guard) = Log::start();
    let rig = setup().start().await;
    let status = call_with(&rig, 65 * 1024).await.error().await;
    let expected = told(
        Code::InvalidArgument,
        "REQUEST_TOO_LARGE",
        "NOT_SENT",
        "FIX_REQUEST",
    );
    assert_eq!(row(&status), expected);
    assert_eq!(rig.upi.posts(), 0);
    eventually(|| log.text().contains("larger than server.max_header_bytes")).await;
}

#[tokio::test]
async fn what_is_no_grpc_is_told_so_even_where_there_is_no_room() {
    let rig = cramped(64 * 1024).start().await;
    let bulk = "x".repeat(9 * 1024);
    let headers = [("content-type", "application/json"), ("x-mesh", &bulk)];
    let stream = Stream::open_bare(rig.address, VERIFY, &headers).await;
    assert_eq!(stream.http_status().await, 415);
}

#[tokio::test]
async fn headers_that_are_large_have_a_part_of_the_bytes_of_requests() {
    let rig = cramped(64 * 1024).start().await;
    is_overloaded(&call_with(&rig, 9 * 1024).await.error().await);
    assert!(call_with(&rig, 7 * 1024).await.brings_a_message().await);
}
