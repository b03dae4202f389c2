//! The port: accepts connections, and never ends or spins because of one that fails.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::connection::Host;
use super::error::ServerError;
use super::handshake::Failures;
use super::pace::Patience;
use super::quota::Limits;
use super::routes::Routes;

/// How long nothing is accepted after the operating system had no resources for it: it
/// would fail again at once.
const PAUSE: Duration = Duration::from_millis(500);

/// A bound port and its connections.
pub(super) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    host: Arc<Host>,
    connections: Connections,
    most: usize,
}

impl Listener {
    /// Binds; connections wait in the operating system's queue until
    /// they are accepted.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub(super) async fn bind(
        address: SocketAddr,
        tls: Option<TlsAcceptor>,
        routes: Routes,
        failures: Arc<Failures>,
        patience: Patience,
        limits: Limits,
    ) -> Result<Self, ServerError> {
        let failed = |source| ServerError::Bind {
            key: failures.key(),
            address,
            source,
        };
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let closing = watch::Sender::new(false);
        Ok(Self {
            address: socket.local_addr().map_err(failed)?,
            host: Arc::new(Host::new(
                tls,
                routes,
                Arc::clone(&failures),
                closing.subscribe(),
                patience,
                limits,
            )),
            socket,
            connections: Connections {
                tasks: JoinSet::new(),
                closing,
            },
            most: limits.connections,
        })
    }

    pub(super) const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Accepts and serves connections until `end` resolves.
    pub(super) async fn accept_until(&mut self, end: impl Future<Output = ()> + Send) {
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => return,
                (stream, peer) = accept(&self.socket) => {
                    self.take(stream, peer);
                }
                // Keeps the set as small as the number of open connections.
                Some(_) = self.connections.tasks.join_next() => {}
            }
        }
    }

    /// Serves a connection, or closes it at once: one that waited would not know why.
    fn take(&mut self, stream: TcpStream, peer: SocketAddr) {
        let tasks = &mut self.connections.tasks;
        while tasks.try_join_next().is_some() {}
        if tasks.len() < self.most {
            tasks.spawn(Arc::clone(&self.host).serve(stream, peer));
        } else {
            self.host.turn_away();
        }
    }

    /// Accepts no more, and tells every peer to open no new streams.
    pub(super) fn close(self) -> Connections {
        self.connections.closing.send_replace(true);
        self.connections
    }
}

/// Open connections.
pub(super) struct Connections {
    tasks: JoinSet<()>,
    closing: watch::Sender<bool>,
}

impl Connections {
    /// Gives the connections a moment to close themselves, then cuts them.
    pub(super) async fn end(mut self, moment: Duration) {
        let closed = async { while self.tasks.join_next().await.is_some() {} };
        // Those that are still open belong to peers that do not answer.
        let _ = timeout(moment, closed).await;
        self.tasks.shutdown().await;
    }
}

/// The next connection, however often accepting fails before.
async fn accept(socket: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match socket.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_peers_fault(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

/// The peer was gone again before it was accepted; the next one may be there.
fn is_peers_fault(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}
