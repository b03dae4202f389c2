//! One connection: TLS if there is any, then HTTP/2.
//!
//! hyper serves it directly: `tonic::transport::Server` would put a layer around the
//! methods that answers CANCELLED at the caller's deadline and drops them in mid-await.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::farewell::linger;
use super::handshake::{self, Failures, TLS_HANDSHAKE};
use super::pace::Patience;
use super::pieces::Untaken;
use super::preface::{Heard, Listened};
use super::quota::Quota;
use super::routes::Routes;
use super::stretch::Turns;
use super::tls::Tls;
use super::unread::Unread;
use crate::current::Current;
use crate::domain::{Identity, user};
use crate::observe::HandshakeFailure;
use crate::verify::port::{Admission, Caller};
use crate::verify::sealing::{Lull, Sealing};

mod calls;
mod http2;
mod tasks;

use calls::CallService;
use http2::http;
use tasks::Tasks;

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
