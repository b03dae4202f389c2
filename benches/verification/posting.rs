//! A call whose photo is copied by nobody but the socket. With the generated client each call has a
//! photo of its own until it is sent, and the first moments of an overload are those in which the
//! callers' machine finds memory for thousands.

use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::stream;
use http::Response;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use idphoto::pb::VerifyIdPhotoRequest;
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};
use tonic::body::Body;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tower::{Service as _, ServiceExt as _};

const PATH: &str = "/idphoto.v1.IdPhotoService/VerifyIdPhoto";
/// As long as the clients wait by themselves.
const TIMEOUT: &str = "65S";
/// Of the field in the message.
const PHOTO: u32 = 3;

pub async fn post(mut channel: Channel, request: VerifyIdPhotoRequest) -> Code {
    let request = http::Request::post(PATH)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", TIMEOUT)
        .body(body(request))
        .unwrap();
    let Ok(channel) = channel.ready().await else {
        return Code::Unavailable;
    };
    match channel.call(request).await {
        Ok(response) => code(response).await,
        Err(_) => Code::Unavailable,
    }
}

/// The message as HTTP/2 has it: everything but the photo, and the photo.
fn body(mut request: VerifyIdPhotoRequest) -> Body {
    let photo = std::mem::take(&mut request.photo);
    let mut fields = BytesMut::new();
    encode_key(PHOTO, WireType::LengthDelimited, &mut fields);
    encode_varint(photo.len() as u64, &mut fields);
    let rest = request.encoded_len();
    let length = rest + fields.len() + photo.len();
    let mut head = BytesMut::with_capacity(5 + rest + fields.len());
    head.put_u8(0);
    head.put_u32(u32::try_from(length).unwrap());
    request.encode(&mut head).unwrap();
    head.put(fields);
    let pieces = [head.freeze(), photo].map(|piece| Ok::<Frame<Bytes>, Status>(Frame::data(piece)));
    Body::new(StreamBody::new(stream::iter(pieces)))
}

/// An error has no body, so its code stands among the headers.
async fn code(response: Response<Body>) -> Code {
    if let Some(status) = Status::from_header_map(response.headers()) {
        return status.code();
    }
    let Ok(answer) = response.into_body().collect().await else {
        return Code::Unavailable;
    };
    let status = answer.trailers().and_then(Status::from_header_map);
    status.map_or(Code::Unknown, |status| status.code())
}
