//! A gRPC call by hand, to see what leaves the server and not what a client makes of it.

use bytes::{BufMut as _, Bytes, BytesMut};
use h2::client;
use http::{HeaderMap, Request};
use prost::Message;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::wait::PATIENCE;

/// What the server ended a call with.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// A `grpc-status`, and whether details came with it.
    Status { code: i32, details: bool },
    /// The stream was reset, or the connection was lost.
    Cut,
}

/// A connection of its own for one call.
pub struct Call {
    response: h2::client::ResponseFuture,
    _connection: JoinHandle<()>,
}

impl Call {
    /// Sends a whole request; `grpc_timeout` goes out as given.
    pub async fn start(
        address: &str,
        method: &str,
        message: &impl Message,
        grpc_timeout: Option<&str>,
    ) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = client::Builder::new()
            .initial_window_size(1 << 20)
            .handshake(stream)
            .await
            .unwrap();
        let connection = tokio::spawn(async move {
            // The call itself reports a lost connection.
            let _ = connection.await;
        });
        let mut request = Request::post(format!(
            "http://{address}/idphoto.v1.IdPhotoService/{method}"
        ))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
        if let Some(value) = grpc_timeout {
            request = request.header("grpc-timeout", value);
        }
        let mut sender = sender.ready().await.unwrap();
        let (response, mut body) = sender
            .send_request(request.body(()).unwrap(), false)
            .unwrap();
        send(&mut body, frame(message)).await;
        Self {
            response,
            _connection: connection,
        }
    }

    /// Waits for the end.
    pub async fn end(self) -> Ended {
        timeout(PATIENCE, ended(self.response))
            .await
            .expect("the server left the call without an end")
    }
}

async fn ended(response: h2::client::ResponseFuture) -> Ended {
    let Ok(response) = response.await else {
        return Ended::Cut;
    };
    if response.headers().contains_key("grpc-status") {
        return status(response.headers());
    }
    let mut body = response.into_body();
    while let Some(data) = body.data().await {
        let Ok(data) = data else { return Ended::Cut };
        let _ = body.flow_control().release_capacity(data.len());
    }
    match body.trailers().await {
        Ok(Some(trailers)) => status(&trailers),
        _ => Ended::Cut,
    }
}

fn status(headers: &HeaderMap) -> Ended {
    let code = headers.get("grpc-status").unwrap().to_str().unwrap();
    Ended::Status {
        code: code.parse().unwrap(),
        details: headers.contains_key("grpc-status-details-bin"),
    }
}

async fn send(body: &mut h2::SendStream<Bytes>, mut frame: Bytes) {
    while !frame.is_empty() {
        body.reserve_capacity(frame.len());
        let granted = std::future::poll_fn(|context| body.poll_capacity(context)).await;
        let Some(Ok(granted)) = granted else { return };
        let piece = frame.split_to(granted.min(frame.len()));
        if body.send_data(piece, frame.is_empty()).is_err() {
            return;
        }
    }
}

/// Length-prefixed, not compressed.
fn frame(message: &impl Message) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.encoded_len()).unwrap());
    message.encode(&mut frame).unwrap();
    frame.freeze()
}
