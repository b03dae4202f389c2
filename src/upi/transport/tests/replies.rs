//! Replies that arrive whole.

use super::server::{Act, Server, ok, reply};
use super::*;

#[tokio::test]
async fn one_post_carries_the_body_and_the_headers_upi_asks_for() {
    let server = Server::start(vec![Act::Reply(ok())]).await;
    let reply = post_to(&settings(&format!("{}/prefix/", server.url())))
        .await
        .unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (200, &b"{}"[..]));
    assert_eq!(reply.headers["upi-jws"], "signed");
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    let request = String::from_utf8(requests[0].clone()).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "7".repeat(200_000));
    let mut lines: Vec<_> = head.lines().collect();
    lines.sort_unstable();
    let version = env!("CARGO_PKG_VERSION");
    let expected = [
        format!("POST /prefix{PATH} HTTP/1.1"),
        "accept-encoding: identity".to_owned(),
        "accept: */*".to_owned(),
        "content-length: 200000".to_owned(),
        "content-type: application/json;charset=UTF-8".to_owned(),
        format!("host: 127.0.0.1:{}", server.port),
        "upi-jws: header..signature".to_owned(),
        format!("user-agent: idphoto/{version}"),
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in ["301", "302", "303", "307", "308"] {
        let moved = reply(&format!("{status} Moved"), &["location: /elsewhere"], b"");
        let server = Server::start(vec![Act::Reply(moved)]).await;
        let reply = post_to(&settings(&server.url())).await.unwrap();
        assert_eq!(reply.status.to_string(), status);
        assert_eq!(server.posts(), 1, "{status}");
    }
}

#[tokio::test]
async fn the_body_of_another_status_is_not_read() {
    for status in [
        "201 Created",
        "401 Unauthorized",
        "500 Internal Server Error",
    ] {
        let server = Server::start(vec![Act::Reply(reply(status, &[], b"<html>"))]).await;
        let reply = post_to(&settings(&server.url())).await.unwrap();
        assert!(status.starts_with(&reply.status.to_string()));
        assert!(reply.body.is_empty(), "{status}");
        assert_eq!(server.posts(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_compressed_body_is_handed_on_as_it_came() {
    let gzip = reply("200 OK", &["content-encoding: gzip"], b"\x1f\x8b...");
    let server = Server::start(vec![Act::Reply(gzip)]).await;
    let reply = post_to(&settings(&server.url())).await.unwrap();
    assert_eq!(reply.body, b"\x1f\x8b...");
}

#[tokio::test]
async fn a_body_of_64_kib_is_read() {
    let server = Server::start(vec![Act::Reply(reply("200 OK", &[], &[b' '; 65_536]))]).await;
    let reply = post_to(&settings(&server.url())).await.unwrap();
    assert_eq!(reply.body.len(), 65_536);
}

#[tokio::test]
async fn a_body_over_64_kib_is_refused_however_its_length_is_told() {
    let body = [b' '; 65_537];
    let chunked = [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10001\r\n".as_slice(),
        &body,
        b"\r\n0\r\n\r\n",
    ];
    let unsaid = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &body];
    for act in [
        Act::Reply(reply("200 OK", &[], &body)),
        Act::Reply(chunked.concat()),
        Act::Close(unsaid.concat()),
        Act::Hang(unsaid.concat()),
    ] {
        let server = Server::start(vec![act]).await;
        assert_eq!(kind(post_to(&settings(&server.url())).await), "too large");
        assert_eq!(server.posts(), 1);
    }
}

#[tokio::test]
async fn bytes_after_the_length_told_are_no_part_of_the_body() {
    let mut lying = ok();
    lying.extend_from_slice(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let server = Server::start(vec![Act::Reply(lying), Act::Reply(ok())]).await;
    let transport = transport(&settings(&server.url()));
    for posts in 1..=2 {
        let reply = post(&transport).await.unwrap();
        assert_eq!(reply.body, b"{}");
        assert_eq!(server.posts(), posts);
    }
}
