//! Failures after which nobody knows whether UPI has the request.

use super::server::{Act, Server, ok};
use super::*;

/// One POST arrived, and `act` made it fail this way.
async fn assert_unknown(act: Act, expected: &str) {
    let server = Server::start(vec![act]).await;
    let result = post_to(&impatient(&server.url())).await;
    assert_eq!(kind(result), expected);
    assert_eq!(server.posts(), 1, "the request was not sent again");
}

#[tokio::test]
async fn a_connection_closed_after_the_request() {
    assert_unknown(Act::Close(Vec::new()), "cut off").await;
}

#[tokio::test]
async fn a_connection_reset_after_the_request() {
    assert_unknown(Act::Reset(Vec::new()), "cut off").await;
}

#[tokio::test]
async fn a_connection_closed_inside_the_head() {
    assert_unknown(Act::Close(b"HTTP/1.1 200 O".to_vec()), "cut off").await;
}

#[tokio::test]
async fn a_connection_reset_inside_the_body() {
    let mut half = ok();
    half.truncate(half.len() - 1);
    assert_unknown(Act::Reset(half), "cut off").await;
}

#[tokio::test]
async fn a_body_shorter_than_its_length() {
    let mut half = ok();
    half.truncate(half.len() - 1);
    assert_unknown(Act::Close(half), "cut off").await;
}

#[tokio::test]
async fn a_chunked_body_without_its_end() {
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n";
    assert_unknown(Act::Close(chunked.to_vec()), "cut off").await;
}

#[tokio::test]
async fn a_reply_that_is_not_http() {
    assert_unknown(
        Act::Close(b"220 mail.invalid ESMTP\r\n\r\n".to_vec()),
        "cut off",
    )
    .await;
}

#[tokio::test]
async fn a_peer_that_never_replies() {
    assert_unknown(Act::Hang(Vec::new()), "timed out").await;
}

#[tokio::test]
async fn a_body_that_never_ends() {
    let mut half = ok();
    half.truncate(half.len() - 1);
    assert_unknown(Act::Hang(half), "timed out").await;
}

#[tokio::test]
async fn a_head_that_never_ends_is_not_kept_in_memory() {
    let mut head = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
    head.resize(4 * 1024 * 1024, b'x');
    assert_unknown(Act::Hang(head), "cut off").await;
}
