//! Many calls at once, which are all answered, and crowds that take nothing from others.

use std::collections::BTreeSet;

use idphoto::pb::VerifyIdPhotoRequest;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::data;
use crate::frames::{GOAWAY, HEADERS, Peer};
use crate::process::Gateway;
use crate::requests::request;

/// Several times what fits into a window, and few enough for a busy machine.
const MANY: usize = 200;

/// With the largest photo that passes.
fn large() -> VerifyIdPhotoRequest {
    let mut request = request("sandbox:delay=2s");
    request.photo = data::read("photos/limit-153600.jpg").into();
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_calls_at_once_over_one_connection_are_answered() {
    let gateway = Gateway::start(&["upi.timeout=120s"]);
    let client = gateway.client();
    let calls: Vec<_> = (0..MANY)
        .map(|_| {
            let mut client = client.clone();
            tokio::spawn(async move { client.verify_id_photo(large()).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

/// Clients of hyper begin like this when a thousand callers come at once.
#[tokio::test(flavor = "multi_thread")]
async fn calls_that_begin_with_a_byte_each_are_answered() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::connect(&gateway.address).await;
    let mut streams: BTreeSet<u32> = (0..2048).map(|index| 2 * index + 1).collect();
    for stream in &streams {
        peer.call(*stream, &[]);
    }
    for stream in &streams {
        peer.data(*stream, &[0], false);
    }
    for stream in &streams {
        // An empty message.
        peer.data(*stream, &[0; 4], true);
    }
    peer.flush().await.unwrap();
    while !streams.is_empty() {
        let frame = peer.read().await.expect("the connection was closed");
        assert_ne!(frame.kind, GOAWAY, "{} calls are lost", streams.len());
        if frame.kind == HEADERS {
            streams.remove(&frame.stream);
        }
    }
    assert!(peer.lives().await);
}

/// Streams of health with headers and nothing else.
async fn crowd(address: &str, connections: usize) -> Vec<Peer> {
    let mut peers = Vec::new();
    for _ in 0..connections {
        let mut peer = Peer::connect(address).await;
        for index in 0..1000 {
            peer.ask(2 * index + 1, "/grpc.health.v1.Health/Watch", &[]);
        }
        peer.flush().await.unwrap();
        // Whatever was written has been looked at.
        assert!(peer.lives().await);
        peers.push(peer);
    }
    peers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_at_the_health_port_costs_little_memory_and_no_probe() {
    let settings = ["server.health_listen=127.0.0.1:0"];
    let (gateway, told) = Gateway::start_told(&settings, &["health listening on "]);
    let before = gateway.process.peak_memory();
    let crowd = crowd(&told[0], 30).await;
    let probe = Endpoint::from_shared(format!("http://{}", told[0])).unwrap();
    let mut probe = HealthClient::new(probe.connect_lazy());
    probe.check(HealthCheckRequest::default()).await.unwrap();
    let grown = gateway.process.peak_memory() - before;
    drop(crowd);
    assert!(grown < 128 * 1024, "{grown} KiB");
}
