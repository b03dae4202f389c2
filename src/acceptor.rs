//! A port and its connections: it accepts, and never ends or spins because of one that fails.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

mod address;
mod unix;

pub use address::Address;
pub use unix::UnixSocket;

/// How long nothing is accepted after the operating system had no resources for it: it
/// would fail again at once.
const PAUSE: Duration = Duration::from_millis(500);

/// What connections come to.
pub trait Socket: Send + Sync {
    /// A connection.
    type Stream: Send;
    /// Who has made it.
    type Peer: Send;
    /// Where it listens.
    type Place: Send + Sync;

    /// The next one.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Self::Peer)>> + Send;
}

impl Socket for TcpListener {
    type Stream = TcpStream;
    type Peer = SocketAddr;
    type Place = SocketAddr;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        Self::accept(self).await
    }
}

/// A bound port and its open connections, each served by a task. To drop it cuts them.
pub struct Acceptor<S: Socket = TcpListener> {
    port: &'static str,
    socket: S,
    place: S::Place,
    tasks: JoinSet<()>,
}

impl Acceptor {
    /// Binds, port 0 to a free one. Connections wait in the operating system's queue until they
    /// are accepted. `port` is its name in the log.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn bind(port: &'static str, address: SocketAddr) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let place = socket.local_addr()?;
        Ok(Self::of(port, socket, place))
    }

    /// Where it listens.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.place
    }
}

impl Acceptor<UnixSocket> {
    /// Binds a Unix socket whose file has these permissions.
    ///
    /// # Errors
    /// The path is taken, or no file can be made there.
    pub fn bind_unix(port: &'static str, path: &Path, mode: u32) -> io::Result<Self> {
        Ok(Self::of(
            port,
            UnixSocket::bind(path, mode)?,
            path.to_owned(),
        ))
    }

    /// The path of its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.place
    }
}

impl<S: Socket> Acceptor<S> {
    fn of(port: &'static str, socket: S, place: S::Place) -> Self {
        Self {
            port,
            socket,
            place,
            tasks: JoinSet::new(),
        }
    }

    /// Accepts until `end` resolves, while fewer than `most` are open: those beyond wait in the
    /// queue. `serve` makes the task of a connection, of which it is told how many are open with
    /// it; without a task the connection is closed at once.
    pub async fn accept_until<T>(
        &mut self,
        end: impl Future<Output = ()> + Send,
        most: usize,
        serve: impl Fn(S::Stream, S::Peer, usize) -> Option<T> + Send,
    ) where
        T: Future<Output = ()> + Send + 'static,
    {
        tokio::pin!(end);
        loop {
            let room = self.tasks.len() < most;
            tokio::select! {
                biased;
                () = &mut end => return,
                // Keeps the set as small as the number of open connections.
                Some(_) = self.tasks.join_next() => {}
                (stream, peer) = accept(&self.socket, self.port), if room => {
                    if let Some(task) = serve(stream, peer, self.tasks.len() + 1) {
                        self.tasks.spawn(task);
                    }
                }
            }
        }
    }

    /// Accepts no more. The open connections end by themselves, or when they are dropped.
    #[must_use]
    pub fn close(self) -> JoinSet<()> {
        self.tasks
    }
}

/// The next connection, however often accepting fails before.
async fn accept<S: Socket>(socket: &S, port: &'static str) -> (S::Stream, S::Peer) {
    loop {
        match socket.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_peers_fault(&error) => {}
            Err(error) => {
                tracing::warn!(port, %error, "no connection can be accepted");
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
