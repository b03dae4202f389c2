//! Streams that are reset, by callers who give up and by attackers. A proxy puts all callers on
//! one connection: what one of them does must never end it for the others, whose orders are paid.

use std::collections::BTreeSet;

use crate::frames::{DATA, GOAWAY, HEADERS, Peer, RST_STREAM};
use crate::process::Gateway;
use crate::requests::request;

/// As many as HTTP/2 lets be open at a time.
const MOST: u32 = 2048;

fn frame(message: &impl prost::Message) -> Vec<u8> {
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0][..], &length, &message].concat()
}

/// Paid calls on one connection, all of which wait for UPI.
async fn waiting(gateway: &Gateway, peer: &mut Peer, count: u32) -> BTreeSet<u32> {
    let mut streams = BTreeSet::new();
    for index in 0..count {
        let (stream, message) = (2 * index + 1, request("sandbox:delay=3s"));
        peer.call(stream, &[]);
        peer.data(stream, &frame(&message), true);
        peer.flush().await.unwrap();
        gateway.sent(&message.order_id).await;
        streams.insert(stream);
    }
    streams
}

/// Every call is answered, with a message, and the connection stays.
async fn answered(peer: &mut Peer, mut streams: BTreeSet<u32>) {
    while !streams.is_empty() {
        let frame = peer.read().await.expect("the connection was closed");
        assert_ne!(frame.kind, GOAWAY, "{} calls are lost", streams.len());
        if frame.kind == DATA {
            streams.remove(&frame.stream);
        }
    }
    assert!(peer.lives().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancels_of_other_callers_cost_no_paid_call() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::connect(&gateway.address).await;
    let paid = waiting(&gateway, &mut peer, 10).await;
    // All that can be open beside them, opened and given up before the server has looked.
    let next = 2 * 10 + 1;
    for index in 0..MOST - 10 {
        let stream = next + 2 * index;
        peer.call(stream, &[("grpc-timeout", "5m")]);
        peer.cancel(stream);
    }
    peer.flush().await.unwrap();
    answered(&mut peer, paid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn data_that_come_after_a_refusal_cost_no_paid_call() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::connect(&gateway.address).await;
    let paid = waiting(&gateway, &mut peer, 2).await;
    let refused: Vec<u32> = (2..MOST).map(|index| 2 * index + 1).collect();
    for part in refused.chunks(64) {
        for stream in part {
            peer.call(*stream, &[("grpc-timeout", "nonsense")]);
        }
        peer.flush().await.unwrap();
        let mut open: BTreeSet<u32> = part.iter().copied().collect();
        while !open.is_empty() {
            let frame = peer.read().await.expect("the connection was closed");
            if matches!(frame.kind, HEADERS | RST_STREAM) {
                open.remove(&frame.stream);
            }
        }
    }
    for stream in refused {
        peer.data(stream, b"late", true);
    }
    peer.flush().await.unwrap();
    answered(&mut peer, paid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_resets_costs_no_memory_and_no_other_connection() {
    let gateway = Gateway::start(&[]);
    let before = gateway.process.peak_memory();
    let flooding = flood(gateway.address.clone());
    let mut client = gateway.client();
    let victim = async {
        for _ in 0..20 {
            client.verify_id_photo(request("account")).await.unwrap();
        }
    };
    tokio::join!(flooding, victim);
    let grown = gateway.process.peak_memory() - before;
    assert!(grown < 128 * 1024, "{grown} KiB");
}

/// CVE-2023-44487; ends early when the server has enough.
async fn flood(address: String) {
    let mut peer = Peer::connect(&address).await;
    let mut stream = 1;
    for _ in 0..20 {
        for _ in 0..1000 {
            peer.call(stream, &[]);
            peer.cancel(stream);
            stream += 2;
        }
        if peer.flush().await.is_err() {
            return;
        }
    }
}
