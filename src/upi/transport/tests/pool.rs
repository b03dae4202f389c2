//! Connections that are used again.

use super::server::{Act, Server, ok};
use super::*;

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = Server::start(vec![Act::Reply(ok())]).await;
    let transport = transport(&settings(&server.url()));
    for _ in 0..3 {
        assert_eq!(kind(post(&transport).await), "a reply");
    }
    assert_eq!((server.posts(), server.connections()), (3, 1));
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_replaced() {
    let server = Server::start(vec![Act::Close(ok()), Act::Reply(ok())]).await;
    let transport = transport(&settings(&server.url()));
    assert_eq!(kind(post(&transport).await), "a reply");
    // Sleeps: nothing tells when the pool has learned that the connection ended.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(kind(post(&transport).await), "a reply");
    assert_eq!((server.posts(), server.connections()), (2, 2));
}

/// The peer closes while the next request is on its way: the request may have been read.
#[tokio::test]
async fn a_reused_connection_that_ends_after_the_request_is_not_tried_again() {
    for end in [Act::Close(Vec::new()), Act::Reset(Vec::new())] {
        let server = Server::start(vec![Act::Reply(ok()), end, Act::Reply(ok())]).await;
        let transport = transport(&settings(&server.url()));
        assert_eq!(kind(post(&transport).await), "a reply");
        assert_eq!(kind(post(&transport).await), "cut off");
        assert_eq!((server.posts(), server.connections()), (2, 1));
    }
}
