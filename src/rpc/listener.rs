//! The port of gRPC, or of health alone.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::connection::Host;
use super::handshake::Failures;
use super::pace::Patience;
use super::quota::{Limits, Quota};
use super::routes::Routes;
use super::tls::Tls;
use crate::acceptor::{Acceptor, Address, UnixSocket};
use crate::current::Current;
use crate::observe::HandshakeFailure;
use crate::verify::port::Admission;
use crate::verify::sealing::Sealing;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Another process has the port or the socket, or the address is not this machine's.
    #[error("cannot listen on {address} ({key})")]
    Bind {
        /// The key that says so: `server.listen` or `server.health_listen`.
        key: &'static str,
        /// Its value.
        address: Address,
        /// What the operating system said.
        source: io::Error,
    },
    /// The descriptors compiled into the program are broken: a bug.
    #[error("reflection cannot be set up")]
    Descriptors(#[from] tonic_reflection::server::Error),
}

/// Where connections come in.
enum Door {
    Tcp(Acceptor),
    Unix(Acceptor<UnixSocket>),
}

impl Door {
    /// `mode` is that of the file of a Unix socket.
    async fn open(key: &'static str, address: &Address, mode: u32) -> io::Result<Self> {
        Ok(match address {
            Address::Tcp(address) => Self::Tcp(Acceptor::bind(key, *address).await?),
            Address::Unix(path) => Self::Unix(Acceptor::bind_unix(key, path, mode)?),
        })
    }
}

pub(super) struct Listener {
    door: Door,
    host: Arc<Host>,
    closing: watch::Sender<bool>,
    most: usize,
}

impl Listener {
    /// Binds; connections wait until they are accepted.
    pub(super) async fn bind(
        (address, mode): (Address, u32),
        tls: Option<Current<Tls>>,
        routes: Routes,
        failures: Arc<Failures>,
        (patience, sealing): (Patience, Arc<Sealing>),
        limits: Limits,
        admission: Current<dyn Admission>,
    ) -> Result<Self, ServerError> {
        let key = failures.key;
        let door = Door::open(key, &address, mode).await;
        let door = door.map_err(|source| ServerError::Bind {
            key,
            address,
            source,
        })?;
        let closing = watch::Sender::new(false);
        Ok(Self {
            door,
            host: Arc::new(Host {
                tls,
                routes,
                failures,
                closing: closing.subscribe(),
                header_bytes: limits.header_bytes,
                patience,
                quota: Quota::new(limits),
                admission,
                sealing,
            }),
            closing,
            most: limits.connections,
        })
    }

    pub(super) fn local_addr(&self) -> Address {
        match &self.door {
            Door::Tcp(acceptor) => acceptor.local_addr().into(),
            Door::Unix(acceptor) => Address::Unix(acceptor.path().to_owned()),
        }
    }

    /// Accepts and serves connections until `end` resolves. One too many is closed at once: if it
    /// waited, it would not know why.
    pub(super) async fn accept_until(&mut self, end: impl Future<Output = ()> + Send) {
        let (host, most) = (&self.host, self.most);
        let admitted = |connections| {
            if connections > most {
                host.failures.record(HandshakeFailure::TooManyConnections);
            }
            (connections <= most).then(|| Arc::clone(host))
        };
        match &mut self.door {
            Door::Tcp(acceptor) => {
                let serve = |stream, peer, connections| {
                    admitted(connections).map(|host| host.serve(stream, peer))
                };
                acceptor.accept_until(end, usize::MAX, serve).await;
            }
            Door::Unix(acceptor) => {
                let serve = |stream, user, connections| {
                    admitted(connections).map(|host| host.serve_user(stream, user))
                };
                acceptor.accept_until(end, usize::MAX, serve).await;
            }
        }
    }

    /// Accepts no more, and tells every peer to open no new streams.
    pub(super) fn close(self) -> Connections {
        self.closing.send_replace(true);
        Connections(match self.door {
            Door::Tcp(acceptor) => acceptor.close(),
            Door::Unix(acceptor) => acceptor.close(),
        })
    }
}

pub(super) struct Connections(JoinSet<()>);

impl Connections {
    /// Gives the connections a moment to close themselves, then cuts them.
    pub(super) async fn end(mut self, moment: Duration) {
        let closed = async { while self.0.join_next().await.is_some() {} };
        // Those that are still open belong to peers that do not answer.
        let _ = timeout(moment, closed).await;
        self.0.shutdown().await;
    }
}
