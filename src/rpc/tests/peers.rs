//! Peers that do not speak: the clock is paused, and jumps when everybody waits.

use std::time::Duration;

use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use super::log::Log;
use super::raw::{Connection, Stream, frame};
use super::rig::setup;
use super::tls::Files;

/// How long the server holds on to a peer that says this and no more.
async fn patience(mut peer: TcpStream, words: &[u8]) -> Duration {
    let begun = Instant::now();
    peer.write_all(words).await.unwrap();
    let mut rest = Vec::new();
    let end = timeout(Duration::from_secs(3600), peer.read_to_end(&mut rest)).await;
    // A reset is an end, too.
    let _ = end.expect("the server waits for ever");
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_says_nothing_is_cut_after_ten_seconds() {
    let rig = setup().start().await;
    let silent = TcpStream::connect(rig.address).await.unwrap();
    assert_eq!(patience(silent, b"").await.as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_go_on_is_cut_after_ten_seconds() {
    let rig = Files::new().setup().start().await;
    let half = TcpStream::connect(rig.address).await.unwrap();
    // The header of a TLS record that never comes.
    assert_eq!(patience(half, b"\x16\x03\x01\x02\x00").await.as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_preface_that_does_not_go_on_is_cut_after_ten_seconds() {
    let rig = setup().start().await;
    for words in [b"P".as_slice(), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0"] {
        let half = TcpStream::connect(rig.address).await.unwrap();
        assert_eq!(patience(half, words).await.as_secs(), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_body_is_ended_after_ten_seconds_whatever_it_asks() {
    let rig = setup().start().await;
    for path in [
        "/idphoto.v1.IdPhotoService/VerifyIdPhoto",
        "/idphoto.v1.IdPhotoService/GetVerification",
        "/grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    ] {
        let begun = Instant::now();
        let stream = Stream::open(rig.address, path, &[]).await;
        stream.ended(path).await;
        assert_eq!(begun.elapsed().as_secs(), 10, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_lasts_when_its_request_has_come() {
    let rig = setup().start().await;
    let mut client = HealthClient::new(rig.channel());
    let watch = client.watch(HealthCheckRequest::default()).await.unwrap();
    let mut watch = watch.into_inner();
    watch.message().await.unwrap().unwrap();
    let more = timeout(Duration::from_secs(300), watch.message()).await;
    assert!(more.is_err(), "{more:?}");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_takes_too_long_is_told_at_a_tls_port_only() {
    for words in [b"".as_slice(), b"\x16\x03\x01\x02\x00"] {
        let (log, _guard) = Log::start();
        let rig = Files::new().setup().start().await;
        patience(TcpStream::connect(rig.address).await.unwrap(), words).await;
        let told = log.lines();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0]["cause"], "timeout");
        rig.drained().await;
    }
    let (log, _guard) = Log::start();
    let rig = setup().start().await;
    patience(TcpStream::connect(rig.address).await.unwrap(), b"").await;
    assert_eq!(log.text(), "");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_no_ping_is_cut_after_the_keepalive() {
    let rig = setup().start().await;
    let mute = TcpStream::connect(rig.address).await.unwrap();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    assert_eq!(patience(mute, preface).await.as_secs(), 80);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_opens_no_window_for_an_answer_is_cut_after_a_minute() {
    let rig = setup().start().await;
    for window in [0, 1] {
        let begun = Instant::now();
        let connection = Connection::open_with_window(rig.address, window).await;
        let mut stream = connection.call("/grpc.health.v1.Health/Check").await;
        stream.body.send_data(frame(false, b""), true).unwrap();
        stream.ended("the answer is held for ever").await;
        assert_eq!(begun.elapsed().as_secs(), 61, "{window}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_nothing_is_cut() {
    let rig = setup().start().await;
    let mut deaf = TcpStream::connect(rig.address).await.unwrap();
    let mut words = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    let ping = b"\0\0\x08\x06\0\0\0\0\0are you?";
    let asking = async {
        // Until its own answers stand in the way.
        while deaf.write_all(&words).await.is_ok() {
            words = ping.repeat(1000);
        }
    };
    let cut = timeout(Duration::from_secs(3600), asking).await;
    assert!(cut.is_ok(), "the connection is held for ever");
}

#[tokio::test(start_paused = true)]
async fn a_connection_whose_answers_were_taken_lasts() {
    let rig = setup().start().await;
    let connection = Connection::open(rig.address).await;
    let question = ServerReflectionRequest {
        message_request: Some(MessageRequest::FileContainingSymbol(
            "idphoto.v1.IdPhotoService".to_owned(),
        )),
        ..ServerReflectionRequest::default()
    };
    for _ in 0..3 {
        let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
        let mut stream = connection.call(path).await;
        let question = frame(false, &question.encode_to_vec());
        stream.body.send_data(question, true).unwrap();
        assert!(stream.brings_a_message().await);
        sleep(Duration::from_secs(300)).await;
    }
}
