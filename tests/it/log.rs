//! The log of the real binary when its reader stalls, and at the end.

use std::io::{PipeReader, Read as _, pipe};
use std::time::Duration;

use idphoto::pb::VerifyIdPhotoRequest;
use tokio::time::timeout;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::frames::Peer;
use crate::process::{Gateway, Process, client, idphoto};

/// More than any machine takes.
const LONG: Duration = Duration::from_secs(120);

/// A gateway whose standard error is read only by whoever holds the other end.
fn unread() -> (Process, String, PipeReader) {
    let (reader, writer) = pipe().unwrap();
    let mut command = idphoto(&["serve", "--sandbox", "--listen", "127.0.0.1:0"]);
    command.stderr(writer);
    let process = Process::run_apart(command);
    // The command held the last copy of our end for writing, and is gone.
    let address = process.wait_for("gRPC listening on ");
    (process, address, reader)
}

/// Calls that are refused at once, each with its line.
async fn calls(address: &str, number: usize) {
    let mut client = client(address);
    for _ in 0..number {
        let refused = client.verify_id_photo(VerifyIdPhotoRequest::default());
        let status = timeout(LONG, refused).await.expect("no answer");
        assert_eq!(status.unwrap_err().code(), Code::InvalidArgument);
    }
}

async fn serves(address: &str) -> bool {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    let mut health = HealthClient::new(endpoint.connect_lazy());
    let answer = health.check(HealthCheckRequest::default());
    let answer = timeout(LONG, answer).await.expect("no answer").unwrap();
    answer.into_inner().status() == ServingStatus::Serving
}

async fn ends(mut process: Process) -> bool {
    let end = tokio::task::spawn_blocking(move || process.end().success());
    timeout(LONG, end).await.expect("no end").unwrap()
}

fn rest(mut reader: PipeReader) -> String {
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_reads_stops_nothing() {
    let (process, address, reader) = unread();
    // Four times what a pipe holds.
    calls(&address, 2000).await;
    assert!(serves(&address).await);
    process.signal("TERM");
    assert!(ends(process).await);
    assert!(rest(reader).contains("INVALID_ARGUMENT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_is_lost_at_a_normal_end() {
    const CALLS: usize = 1000;
    let (process, address, reader) = unread();
    calls(&address, CALLS).await;
    // The pipe is full, hundreds of lines wait, and only now somebody reads.
    process.signal("TERM");
    let reading = std::thread::spawn(move || rest(reader));
    assert!(ends(process).await);
    let log = reading.join().unwrap();
    let told = log.lines().filter(|line| line.contains("INVALID_ARGUMENT"));
    assert_eq!(told.count(), CALLS);
    assert!(log.contains("drained in "), "{log}");
}

/// The log of a gateway whose peer acknowledged so many PINGs that nobody sent, and whether the
/// connection lived.
async fn acknowledged(number: usize, told: &str) -> (String, bool) {
    let mut gateway = Gateway::start(&[]);
    let mut peer = Peer::connect(&gateway.address).await;
    // They come in a piece of their own.
    assert!(peer.lives().await);
    peer.unasked_acks(number, *b"PEERPEER");
    // A connection that is cut ends in the middle of it.
    let _ = peer.flush().await;
    let lived = peer.lives().await;
    gateway.process.prints(told).await;
    gateway.process.signal("TERM");
    assert!(gateway.process.end().success());
    gateway.process.prints("drained in ").await;
    (gateway.process.printed(), lived)
}

fn holds_nothing_of_the_peer(log: &str) {
    assert!(log.len() < 16 * 1024, "{} bytes", log.len());
    for form in ["PEERPEER", "80, 69, 69, 82", "payload"] {
        assert!(!log.contains(form), "{form}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_about_a_peer_are_few_and_hold_nothing_of_it() {
    let (log, lived) = acknowledged(90, "h2::proto::ping_pong").await;
    assert!(lived);
    assert!(log.matches("h2::proto::ping_pong").count() <= 10, "{log}");
    holds_nothing_of_the_peer(&log);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_floods_is_cut_off_and_the_log_says_so_once() {
    let told = "connection cut: the client went on sending HTTP/2 control frames";
    let (log, lived) = acknowledged(20_000, told).await;
    assert!(!lived, "{log}");
    assert_eq!(log.matches("connection cut").count(), 1, "{log}");
    assert!(log.contains("cause=\"flood\""), "{log}");
    holds_nothing_of_the_peer(&log);
}
