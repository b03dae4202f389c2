//! Messages that are not what they should be: the layers below the methods refuse them,
//! with the details of the table all the same.

use tonic::Code;
use tonic_types::StatusExt as _;

use super::raw::{self, Stream, frame};
use super::rig::{Rig, request, row, setup, told};
use prost::Message as _;

fn invalid() -> (Code, String, String, String) {
    told(
        Code::InvalidArgument,
        "INVALID_FIELD",
        "NOT_SENT",
        "FIX_REQUEST",
    )
}

fn too_large() -> (Code, String, String, String) {
    told(
        Code::InvalidArgument,
        "REQUEST_TOO_LARGE",
        "NOT_SENT",
        "FIX_REQUEST",
    )
}

async fn lives(rig: &Rig) {
    rig.client()
        .verify_id_photo(request("alive"))
        .await
        .unwrap();
}

/// A zstd frame of blocks that repeat one byte: 128 KiB from four bytes each.
fn zstd_bomb(blocks: usize) -> Vec<u8> {
    // Magic number; no checksum, no content size; a window of 128 KiB.
    let mut bomb = vec![0x28, 0xB5, 0x2F, 0xFD, 0x00, 7 << 3];
    for number in 1..=blocks {
        let last = u32::from(number == blocks);
        let header = (128 * 1024) << 3 | 1 << 1 | last;
        bomb.extend(&header.to_le_bytes()[..3]);
        bomb.push(0);
    }
    bomb
}

/// A gzip stream of one fixed-Huffman block: a zero, and many copies of it, 258 at once.
fn gzip_bomb(copies: usize) -> Vec<u8> {
    let mut bits: Vec<bool> = vec![true, true, false];
    let mut code = |value: u16, length: u16| {
        bits.extend((0..length).rev().map(|bit| value >> bit & 1 == 1));
    };
    code(0b0011_0000, 8);
    for _ in 0..copies {
        // Length 258 and distance 1.
        code(0b1100_0101, 8);
        code(0, 5);
    }
    let mut bomb = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];
    bomb.extend(bits.chunks(8).map(|byte| {
        byte.iter()
            .rev()
            .fold(0, |byte, bit| byte << 1 | u8::from(*bit))
    }));
    bomb
}

#[tokio::test]
async fn bytes_that_are_no_protobuf_name_no_field() {
    let rig = setup().start().await;
    let status = raw::error(rig.address, &[], false, &[0xFF; 16]).await;
    assert_eq!(row(&status), invalid());
    let violations = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!(violations[0].field, "");
    lives(&rig).await;
}

#[tokio::test]
async fn a_text_that_is_not_utf8_is_not_echoed() {
    let rig = setup().start().await;
    // Field 1 with nine bytes, the last of which is wrong.
    let status = raw::error(rig.address, &[], false, b"\x0A\x09canary!!\xFF").await;
    assert_eq!(row(&status), invalid());
    assert!(!format!("{status:?}").contains("canary"));
}

#[tokio::test]
async fn an_empty_or_a_broken_body_is_invalid() {
    let rig = setup().start().await;
    for body in [
        &b""[..],
        b"\x00\x00",
        b"\x00\x00\x00\x00\x09abc",
        b"\x07\x00\x00\x00\x00",
    ] {
        let mut stream = Stream::open(rig.address, raw::VERIFY, &[]).await;
        stream.body.send_data(body.to_vec().into(), true).unwrap();
        assert_eq!(row(&stream.error().await), invalid(), "{body:?}");
    }
    lives(&rig).await;
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_the_rest_arrives() {
    let rig = setup().start().await;
    let mut stream = Stream::open(rig.address, raw::VERIFY, &[]).await;
    let announced = b"\x00\x00\x10\x00\x01".as_slice();
    stream.body.send_data(announced.into(), false).unwrap();
    assert_eq!(row(&stream.error().await), too_large());
}

#[tokio::test]
async fn a_second_message_is_refused_before_the_first_is_sent() {
    let rig = setup().start().await;
    let message = frame(false, &request("1").encode_to_vec());
    for pieces in [
        vec![[message.clone(), message.clone()].concat()],
        vec![message.to_vec(), message.to_vec()],
        vec![message.to_vec(), vec![0]],
    ] {
        let mut stream = Stream::open(rig.address, raw::VERIFY, &[]).await;
        let last = pieces.len() - 1;
        for (index, piece) in pieces.into_iter().enumerate() {
            stream.body.send_data(piece.into(), index == last).unwrap();
        }
        assert_eq!(row(&stream.error().await), invalid());
    }
    // Its order id is free.
    let answered = rig.client().verify_id_photo(request("1")).await.unwrap();
    assert!(!answered.into_inner().replayed);
}

#[tokio::test]
async fn content_that_is_no_grpc_gets_415_and_starts_nothing() {
    let rig = setup().start().await;
    let health = "/grpc.health.v1.Health/Check";
    for path in [raw::VERIFY, health] {
        for content in [
            "application/json",
            "text/plain",
            "",
            "application/grpc-web",
            "application/grpc-web+proto",
            "application/grpc-web-text",
            "application/grpc+json",
            "application/grpcx",
        ] {
            let headers = [("content-type", content)];
            let stream = Stream::open_bare(rig.address, path, &headers).await;
            assert_eq!(stream.http_status().await, 415, "{path} {content}");
        }
        let stream = Stream::open_bare(rig.address, path, &[]).await;
        assert_eq!(stream.http_status().await, 415, "{path}");
    }
    for content in ["application/grpc+proto", "Application/GRPC; charset=utf-8"] {
        let headers = [("content-type", content)];
        let mut stream = Stream::open_bare(rig.address, raw::VERIFY, &headers).await;
        let rubbish = frame(false, &[0xFF; 16]);
        stream.body.send_data(rubbish, true).unwrap();
        assert_eq!(row(&stream.error().await), invalid(), "{content}");
    }
}

#[tokio::test]
async fn a_message_of_exactly_the_limit_is_read() {
    let mut setup = setup();
    setup.settings.max_message_bytes = request("1").encoded_len();
    let rig = setup.start().await;
    rig.client().verify_id_photo(request("1")).await.unwrap();
    let mut longer = request("1");
    longer.validate_only = true;
    assert_eq!(row(&rig.failure(longer).await), too_large());
}

#[tokio::test]
async fn bombs_are_refused_at_the_limit() {
    let rig = setup().start().await;
    let gzip = gzip_bomb(500_000);
    // 12 GB and 129 MB: no machine of ours holds the first.
    let bombs = [("zstd", zstd_bomb(100_000)), ("gzip", gzip)];
    for (encoding, bomb) in bombs {
        assert!(
            bomb.len() < 1024 * 1024,
            "{encoding} would be too large packed"
        );
        let status = raw_upload(&rig, encoding, &bomb).await;
        assert_eq!(row(&status), too_large(), "{encoding}");
    }
    lives(&rig).await;
}

#[tokio::test]
async fn bombs_below_the_limit_are_read() {
    let rig = setup().start().await;
    for (encoding, bomb) in [("zstd", zstd_bomb(8)), ("gzip", gzip_bomb(4000))] {
        let status = raw_upload(&rig, encoding, &bomb).await;
        // They decompress, to zeros, which are no protobuf (and gzip's checksum is absent).
        assert_eq!(row(&status), invalid(), "{encoding}");
    }
}

async fn raw_upload(rig: &Rig, encoding: &str, message: &[u8]) -> tonic::Status {
    let headers = [("grpc-encoding", encoding)];
    let mut stream = Stream::open(rig.address, raw::VERIFY, &headers).await;
    stream.body.send_data(frame(true, message), true).unwrap();
    stream.error().await
}

#[tokio::test]
async fn rubbish_for_a_compressed_message_is_invalid() {
    let rig = setup().start().await;
    for encoding in ["gzip", "zstd"] {
        let status = raw::error(rig.address, &[("grpc-encoding", encoding)], true, b"canary").await;
        assert_eq!(row(&status), invalid(), "{encoding}");
        assert!(!format!("{status:?}").contains("canary"));
    }
    let status = raw::error(rig.address, &[], true, b"flag without an encoding").await;
    assert_eq!(row(&status), invalid());
}

#[tokio::test]
async fn an_unknown_compression_or_method_is_unimplemented() {
    let rig = setup().start().await;
    let status = raw::error(rig.address, &[("grpc-encoding", "snappy")], true, b"x").await;
    assert_eq!(status.code(), Code::Unimplemented);
    for path in [
        "/idphoto.v1.IdPhotoService/Canary",
        "/other.Service/Method",
        "/",
    ] {
        let stream = Stream::open(rig.address, path, &[]).await;
        assert_eq!(stream.error().await.code(), Code::Unimplemented, "{path}");
    }
}
