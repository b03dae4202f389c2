//! When hyper asks for the last piece. The proof does not need this; how often there is one does.

use http::Request;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};

use super::*;
use crate::upi::transport::body::Pieces;
use crate::upi::transport::trip::Trip;

/// What the pipe holds.
const PIPE: usize = 1024;

/// A request on its way to a peer that reads when it likes.
async fn on_its_way(length: usize, trip: &Arc<Trip>) -> DuplexStream {
    let (near, far) = duplex(PIPE);
    let (mut sender, connection) = handshake(TokioIo::new(near)).await.unwrap();
    tokio::spawn(connection);
    let body = Pieces::new(vec![b'7'; length].into(), Arc::clone(trip));
    let request = Request::post("/").body(body).unwrap();
    tokio::spawn(async move { sender.send_request(request).await.map(drop) });
    far
}

/// The clock stands still until nobody has anything to do.
async fn settle() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn the_last_piece_is_not_asked_for_before_the_socket_took_the_large_one() {
    for length in [2_000, 17_000, 200_000] {
        let trip = Trip::new(Duration::ZERO, false);
        let mut peer = on_its_way(length, &trip).await;
        let mut read = vec![0; length - 16 * 32 - PIPE - 1];
        peer.read_exact(&mut read).await.unwrap();
        settle().await;
        assert!(trip.withdraw(), "{length}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_piece_is_held_back_from_the_first_one_on() {
    let trip = Trip::new(Duration::from_secs(3), false);
    let mut peer = on_its_way(17_000, &trip).await;
    let begun = tokio::time::Instant::now();
    let mut all = vec![0; 17_000];
    peer.read_exact(&mut all).await.unwrap();
    let rest = peer.read_exact(&mut all[..16]).await;
    assert!(rest.is_ok() && begun.elapsed() >= Duration::from_secs(3));
    assert!(!trip.withdraw());
}

#[tokio::test(start_paused = true)]
async fn what_was_withdrawn_is_not_handed_over_later() {
    let trip = Trip::new(Duration::from_secs(3), false);
    let mut peer = on_its_way(17_000, &trip).await;
    settle().await;
    assert!(trip.withdraw());
    let mut all = Vec::new();
    peer.read_to_end(&mut all).await.unwrap();
    assert!(all.iter().filter(|byte| **byte == b'7').count() < 17_000);
}
