//! HTTP/2 by hand, for requests that no client would send.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Status;

/// No call may stay without an end for longer.
const PATIENCE: Duration = Duration::from_secs(20);

pub const VERIFY: &str = "/idphoto.v1.IdPhotoService/VerifyIdPhoto";

/// An open stream whose request body the test writes.
pub struct Stream {
    pub body: h2::SendStream<Bytes>,
    response: h2::client::ResponseFuture,
}

impl Stream {
    /// A stream on a connection of its own.
    pub async fn open(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Self {
        let content = ("content-type", "application/grpc");
        Self::open_bare(address, path, &[&[content], headers].concat()).await
    }

    /// The same with these headers alone.
    pub async fn open_bare(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Self {
        Connection::open(address).await.stream(path, headers).await
    }
}

/// A connection with any number of streams.
pub struct Connection {
    address: SocketAddr,
    sender: h2::client::SendRequest<Bytes>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Self {
        Self::open_with_window(address, 65_535).await
    }

    /// One that takes so many bytes of each answer, and then no more.
    pub async fn open_with_window(address: SocketAddr, window: u32) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let mut builder = h2::client::Builder::new();
        let handshake = builder.initial_window_size(window).handshake(stream);
        let (sender, connection) = handshake.await.unwrap();
        tokio::spawn(async move {
            // The stream reports a lost connection.
            let _ = connection.await;
        });
        Self { address, sender }
    }

    /// A call of gRPC on it.
    pub async fn call(&self, path: &str) -> Stream {
        let content = ("content-type", "application/grpc");
        self.stream(path, &[content]).await
    }

    /// One with these headers.
    pub async fn stream(&self, path: &str, headers: &[(&str, &str)]) -> Stream {
        let url = format!("http://{}{path}", self.address);
        let mut request = Request::post(url).header("te", "trailers");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut sender = self.sender.clone().ready().await.unwrap();
        let (response, body) = sender
            .send_request(request.body(()).unwrap(), false)
            .unwrap();
        Stream { body, response }
    }
}

impl Stream {
    /// The status of HTTP, which gRPC leaves at 200.
    pub async fn http_status(self) -> u16 {
        let response = timeout(PATIENCE, self.response).await;
        let response = response.expect("the call has no end").unwrap();
        response.status().as_u16()
    }

    /// Waits for its end, of whatever kind, on a paused clock.
    pub async fn ended(self, what: &str) {
        let end = async {
            let Ok(response) = self.response.await else {
                return;
            };
            let mut body = response.into_body();
            while let Some(Ok(_)) = body.data().await {}
        };
        let end = timeout(Duration::from_secs(3600), end).await;
        end.expect(what);
    }

    /// Whether a message comes, and no error.
    pub async fn brings_a_message(self) -> bool {
        let response = timeout(PATIENCE, self.response).await;
        let mut body = response.expect("the call has no end").unwrap().into_body();
        matches!(body.data().await, Some(Ok(_)))
    }

    /// The error that the server sent, without the rest of the request being needed.
    pub async fn error(self) -> Status {
        let response = timeout(PATIENCE, self.response).await;
        let response = response.expect("the call has no end").unwrap();
        Status::from_header_map(response.headers()).expect("the call has a body, so no error")
    }
}

/// A whole call with one message that is framed by hand; it must fail.
pub async fn error(
    address: SocketAddr,
    headers: &[(&str, &str)],
    compressed: bool,
    message: &[u8],
) -> Status {
    let mut stream = Stream::open(address, VERIFY, headers).await;
    stream
        .body
        .send_data(frame(compressed, message), true)
        .unwrap();
    stream.error().await
}

/// Length-prefixed.
pub fn frame(compressed: bool, message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap();
    [&[u8::from(compressed)][..], &length.to_be_bytes(), message]
        .concat()
        .into()
}
