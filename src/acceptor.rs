//! A port and its connections: it accepts, and never ends or spins because of one that fails.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How long nothing is accepted after the operating system had no resources for it: it
/// would fail again at once.
const PAUSE: Duration = Duration::from_millis(500);

/// A bound port and its open connections, each served by a task. To drop it cuts them.
pub struct Acceptor {
    port: &'static str,
    socket: TcpListener,
    address: SocketAddr,
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
        Ok(Self {
            port,
            address: socket.local_addr()?,
            socket,
            tasks: JoinSet::new(),
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Accepts until `end` resolves, while fewer than `most` are open: those beyond wait in the
    /// queue. `serve` makes the task of a connection, of which it is told how many are open with
    /// it; without a task the connection is closed at once.
    pub async fn accept_until<S>(
        &mut self,
        end: impl Future<Output = ()> + Send,
        most: usize,
        serve: impl Fn(TcpStream, SocketAddr, usize) -> Option<S> + Send,
    ) where
        S: Future<Output = ()> + Send + 'static,
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
async fn accept(socket: &TcpListener, port: &'static str) -> (TcpStream, SocketAddr) {
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
