//! One connection: TLS if there is any, then HTTP/2.
//!
//! hyper serves it directly: `tonic::transport::Server` would put a layer around the
//! methods that answers CANCELLED at the caller's deadline and drops them in mid-await.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tonic::body::Body;
use tonic::codegen::BoxFuture;

use super::routes::Routes;
use crate::verify::port::Caller;

/// Until a peer has shown that it speaks.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// A photo of 150 KB in one frame costs less than in ten.
const MAX_FRAME: u32 = 256 * 1024;
/// The largest message without waiting for the window.
const STREAM_WINDOW: u32 = 1024 * 1024;
/// Many photos at once without waiting for the window.
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;
/// Thousands of calls may wait for a slow UPI behind one proxy, and health checks must
/// find room beside them.
const MAX_STREAMS: u32 = 2048;
const MAX_HEADER_LIST: u32 = 16 * 1024;

/// What all connections share.
pub(super) struct Host {
    tls: Option<TlsAcceptor>,
    routes: Routes,
    closing: watch::Receiver<bool>,
    http: http2::Builder<TokioExecutor>,
}

impl Host {
    pub(super) fn new(
        tls: Option<TlsAcceptor>,
        routes: Routes,
        closing: watch::Receiver<bool>,
    ) -> Self {
        let http = http();
        Self {
            tls,
            routes,
            closing,
            http,
        }
    }

    /// Serves a connection to its end. What goes wrong with it is the peer's affair.
    pub(super) async fn serve(self: Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        // Without it a small answer may wait for an acknowledgement; the call works anyway.
        let _ = stream.set_nodelay(true);
        let mut caller = Caller {
            address: Some(peer),
            certificate: None,
        };
        let Some(tls) = &self.tls else {
            // Unlike `readable`, this cannot be ready without a byte being there.
            if self.greeted(stream.peek(&mut [0])).await.is_some() {
                self.speak(stream, caller).await;
            }
            return;
        };
        let Some(stream) = self.greeted(tls.accept(stream)).await else {
            return;
        };
        let certificates = stream.get_ref().1.peer_certificates();
        caller.certificate = certificates
            .and_then(<[_]>::first)
            .map(|certificate| Arc::from(certificate.as_ref()));
        self.speak(stream, caller).await;
    }

    /// The peer's first sign, if it comes in time and before a drain: nobody waits for
    /// peers that have not begun to speak.
    async fn greeted<T, E: std::fmt::Display>(
        &self,
        greeting: impl Future<Output = Result<T, E>>,
    ) -> Option<T> {
        let greeted = tokio::select! {
            greeted = timeout(HANDSHAKE_TIMEOUT, greeting) => greeted.ok()?,
            () = self.closed() => return None,
        };
        greeted
            .inspect_err(|error| tracing::debug!(%error, "handshake failed"))
            .ok()
    }

    async fn speak<I>(&self, io: I, caller: Caller)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let calls = Calls {
            routes: self.routes.clone(),
            caller: Arc::new(caller),
        };
        let connection = self.http.serve_connection(TokioIo::new(io), calls);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.closed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "connection failed");
        }
    }

    async fn closed(&self) {
        // An error means that the server is gone, which is as closed as it gets.
        let _ = self.closing.clone().wait_for(|closing| *closing).await;
    }
}

/// The defences against resets and floods stay as h2 sets them.
fn http() -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .max_frame_size(MAX_FRAME)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_LIST);
    http
}

/// The calls of one connection: all from the same caller.
struct Calls {
    routes: Routes,
    caller: Arc<Caller>,
}

impl Service<Request<Incoming>> for Calls {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(Arc::clone(&self.caller));
        self.routes.call(request.map(Body::new))
    }
}
