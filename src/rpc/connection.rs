//! One connection: TLS if there is any, then HTTP/2.
//!
//! hyper serves it directly: `tonic::transport::Server` would put a layer around the
//! methods that answers CANCELLED at the caller's deadline and drops them in mid-await.

use std::convert::Infallible;
use std::future::{Ready, pending, ready};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::Either;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};
use tonic::body::Body;
use tonic::codegen::BoxFuture;

use super::farewell::linger;
use super::handshake::{self, Failures, TLS_HANDSHAKE};
use super::pace::Patience;
use super::pieces::{Counted, Untaken};
use super::preface::{Heard, Listened};
use super::quota::{Part, Place, Quota};
use super::routes::Routes;
use super::stretch::Turns;
use super::tasks::Tasks;
use super::tls::Tls;
use super::unread::{Answer, Unread};
use crate::current::Current;
use crate::domain::{Identity, user};
use crate::observe::HandshakeFailure;
use crate::verify::port::{Admission, Caller};
use crate::verify::sealing::{Lull, Sealing};

const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// A photo of 150 KB in one frame costs less than in ten.
const MAX_FRAME: u32 = 256 * 1024;
/// The largest message without waiting for the window.
const STREAM_WINDOW: u32 = 1024 * 1024;
/// Two photos of the largest size. Libraries open a half of a window at a time, and give it to the
/// stream that has waited longest: with less than a photo in a half, all calls of a busy connection
/// get most of theirs through before the first one is whole. While many wait to be sealed this much
/// is held of each connection, besides `server.max_request_bytes`. Over a way of 50 ms it is 40 photos
/// a second for each connection.
const CONNECTION_WINDOW: u32 = 320 * 1024;
/// Thousands of calls may wait for a slow UPI behind one proxy, and health checks must
/// find room beside them.
const MAX_STREAMS: u32 = 2048;
/// HTTP/2 itself refuses header lists that are so many times as large as what is taken: with a
/// bare 431, which neither caller nor operator can read. Below it the refusal is ours.
const UNREADABLE: usize = 4;

pub(super) struct Host {
    pub(super) tls: Option<Current<Tls>>,
    pub(super) routes: Routes,
    pub(super) failures: Arc<Failures>,
    pub(super) closing: watch::Receiver<bool>,
    /// As in [`Limits`](super::Limits).
    pub(super) header_bytes: usize,
    pub(super) patience: Patience,
    pub(super) quota: Quota,
    pub(super) admission: Current<dyn Admission>,
    pub(super) sealing: Arc<Sealing>,
}

impl Host {
    /// Serves a connection to its end. What goes wrong with it is the peer's affair.
    pub(super) async fn serve(self: Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        // Without it a small answer may wait for an acknowledgement; the call works anyway.
        let _ = stream.set_nodelay(true);
        let mut caller = Caller {
            address: Some(peer),
            identity: Identity::default(),
        };
        let patience = Instant::now() + self.patience.handshake;
        let Some(first) = self.first_byte(&stream, patience).await else {
            return;
        };
        let Some(tls) = &self.tls else {
            if first == TLS_HANDSHAKE {
                self.failures.record(HandshakeFailure::TlsAtPlaintextPort);
            }
            // HTTP/2 says in its own words that it does not understand.
            return self.speak(stream, caller, patience).await;
        };
        let handshake = tls.get().0.accept(stream).into_fallible();
        let stream = match self.greeted(patience, handshake).await {
            Greeting::Came(Ok(stream)) => stream,
            Greeting::Came(Err((error, stream))) => {
                tracing::debug!(%error, "handshake failed");
                self.failures.record(handshake::cause(first, &error));
                self.greeted(patience, linger(stream)).await;
                return;
            }
            Greeting::TooLate => return self.failures.record(HandshakeFailure::Timeout),
            Greeting::Drained => return,
        };
        let certificates = stream.get_ref().1.peer_certificates();
        if let Some(certificate) = certificates.and_then(<[_]>::first) {
            caller.identity = self.admission.get().identify(certificate);
        }
        self.speak(stream, caller, patience).await;
    }

    /// The same for a Unix socket, where no TLS is spoken and a user of this machine is the other
    /// end.
    pub(super) async fn serve_user(self: Arc<Self>, stream: UnixStream, id: u32) {
        let caller = Caller {
            address: None,
            identity: Identity::new(user(id).into_iter().collect()),
        };
        let patience = Instant::now() + self.patience.handshake;
        self.speak(stream, caller, patience).await;
    }

    /// What the peer begins with, if it does. Nothing is a failure of TLS only.
    async fn first_byte(&self, stream: &TcpStream, patience: Instant) -> Option<u8> {
        let mut first = [0];
        // Unlike `readable`, this cannot be ready without a byte being there.
        match self.greeted(patience, stream.peek(&mut first)).await {
            Greeting::Came(Ok(1)) => return first.first().copied(),
            Greeting::Came(_) if self.tls.is_some() => self.failures.count_silent(),
            Greeting::TooLate if self.tls.is_some() => {
                self.failures.record(HandshakeFailure::Timeout);
            }
            Greeting::Came(_) | Greeting::TooLate | Greeting::Drained => {}
        }
        None
    }

    /// A sign of the peer, if it comes in time and before a drain: nobody waits for peers
    /// that have not begun to speak.
    async fn greeted<T>(&self, patience: Instant, sign: impl Future<Output = T>) -> Greeting<T> {
        tokio::select! {
            greeted = timeout_at(patience, sign) => {
                greeted.map_or(Greeting::TooLate, Greeting::Came)
            }
            () = self.closed() => Greeting::Drained,
        }
    }

    async fn speak<I>(&self, io: I, caller: Caller, patience: Instant)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (unread, untaken) = (Unread::default(), Untaken::default());
        let (turns, tasks, part) = (Turns::default(), Tasks::default(), self.quota.part());
        let lull = Lull::new(Arc::clone(&self.sealing), part.verifies());
        let calls = CallService {
            unread: unread.clone(),
            untaken: untaken.clone(),
            routes: self.routes.clone(),
            caller: Arc::new(caller),
            tasks: tasks.clone(),
            part,
        };
        let (io, heard) = Listened::new(io, unread.clone(), (turns.clone(), untaken, lull));
        let http = http(self.header_bytes, tasks);
        let connection = http.serve_connection(TokioIo::new(io), calls);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = turns.count(connection.as_mut()) => ended,
            () = silence(&heard, patience) => {
                return self.failures.record(HandshakeFailure::Timeout);
            }
            () = unread.overdue(self.patience.answer) => {
                return self.failures.record(HandshakeFailure::Unread);
            }
            () = self.closed() => {
                connection.as_mut().graceful_shutdown();
                turns.count(connection.as_mut()).await
            }
        };
        if let Err(error) = ended {
            if heard.is_flood() {
                self.failures.record(HandshakeFailure::Flood);
            }
            tracing::debug!(%error, "connection failed");
        }
    }

    async fn closed(&self) {
        // An error means that the server is gone, which is as closed as it gets.
        let _ = self.closing.clone().wait_for(|closing| *closing).await;
    }
}

/// Resolves when the peer's preface is not there in time.
async fn silence(heard: &Heard, patience: Instant) {
    sleep_until(patience).await;
    if heard.is_whole() {
        pending().await
    }
}

enum Greeting<T> {
    Came(T),
    TooLate,
    /// The server is about to end.
    Drained,
}

/// A proxy puts all callers on one connection, so its end costs the answers of all of them.
///
/// Two limits of h2 would end it for what honest callers do, and are set aside:
/// - streams that were reset before they were looked at (20): as many as can be open may be
///   cancelled at once. A rapid reset (CVE-2023-44487) meets the same bound a moment later.
/// - resets of ours in the connection's whole life (1,024): each piece of a body that comes after
///   its call was refused makes one. They protect handlers that go on after a reset
///   (CVE-2025-8671); ours end with the stream, and orders are bounded by
///   `server.max_in_flight`.
///
/// The other defences stay as h2 sets them.
fn http(header_bytes: usize, tasks: Tasks) -> http2::Builder<Tasks> {
    let most = header_bytes.saturating_mul(UNREADABLE);
    let mut http = http2::Builder::new(tasks);
    http.timer(TokioTimer::new())
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .max_frame_size(MAX_FRAME)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(MAX_STREAMS)
        .max_pending_accept_reset_streams(MAX_STREAMS as usize)
        .max_local_error_reset_streams(None)
        .max_header_list_size(u32::try_from(most).unwrap_or(u32::MAX));
    http
}

struct CallService {
    routes: Routes,
    caller: Arc<Caller>,
    part: Part,
    unread: Unread,
    untaken: Untaken,
    tasks: Tasks,
}

type Answered = Result<Response<Answer>, Infallible>;

/// When most calls are turned away, each may cost next to nothing: no box, no body, and no task.
impl Service<Request<Incoming>> for CallService {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Either<Ready<Answered>, BoxFuture<Self::Response, Self::Error>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let untaken = self.untaken.clone();
        let mut request = request.map(|body| Counted { body, untaken });
        match self.part.take_in(&mut request) {
            Ok(place) => Either::Right(self.serve(request, place)),
            Err(turned) => {
                let response = self.routes.turn_away(&request, turned);
                let unread = self.unread.clone();
                self.tasks.answered();
                Either::Left(ready(Ok(answer(response, unread, None))))
            }
        }
    }
}

impl CallService {
    fn serve(
        &self,
        mut request: Request<Counted>,
        place: Place,
    ) -> BoxFuture<Response<Answer>, Infallible> {
        request.extensions_mut().insert(Arc::clone(&self.caller));
        let answering = self.routes.call(request.map(Body::new));
        let unread = self.unread.clone();
        Box::pin(async move { Ok(answer(answering.await?, unread, Some(place))) })
    }
}

fn answer(response: Response<Body>, unread: Unread, place: Option<Place>) -> Response<Answer> {
    response.map(|body| Answer {
        body,
        unread,
        _place: place,
    })
}
