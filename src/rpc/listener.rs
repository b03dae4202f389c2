//! The port of gRPC, or of health alone.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::connection::{Host, http};
use super::handshake::Failures;
use super::pace::Patience;
use super::quota::{Limits, Quota};
use super::routes::Routes;
use super::tls::Tls;
use crate::acceptor::Acceptor;
use crate::current::Current;
use crate::observe::HandshakeFailure;
use crate::verify::port::Admission;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Another process has the port, or the address is not this machine's.
    #[error("cannot listen on {address} ({key})")]
    Bind {
        /// The key that says so: `server.listen` or `server.health_listen`.
        key: &'static str,
        /// Its value.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The descriptors compiled into the program are broken: a bug.
    #[error("reflection cannot be set up")]
    Descriptors(#[from] tonic_reflection::server::Error),
}

pub(super) struct Listener {
    acceptor: Acceptor,
    host: Arc<Host>,
    closing: watch::Sender<bool>,
    most: usize,
}

impl Listener {
    /// Binds; connections wait until they are accepted.
    pub(super) async fn bind(
        address: SocketAddr,
        tls: Option<Current<Tls>>,
        routes: Routes,
        failures: Arc<Failures>,
        patience: Patience,
        limits: Limits,
        admission: Current<dyn Admission>,
    ) -> Result<Self, ServerError> {
        let key = failures.key;
        let failed = |source| ServerError::Bind {
            key,
            address,
            source,
        };
        let acceptor = Acceptor::bind(key, address).await.map_err(failed)?;
        let closing = watch::Sender::new(false);
        Ok(Self {
            acceptor,
            host: Arc::new(Host {
                tls,
                routes,
                failures,
                closing: closing.subscribe(),
                http: http(limits.header_bytes),
                patience,
                quota: Quota::new(limits),
                admission,
            }),
            closing,
            most: limits.connections,
        })
    }

    pub(super) const fn local_addr(&self) -> SocketAddr {
        self.acceptor.local_addr()
    }

    /// Accepts and serves connections until `end` resolves. One too many is closed at once: if it
    /// waited, it would not know why.
    pub(super) async fn accept_until(&mut self, end: impl Future<Output = ()> + Send) {
        let (host, most) = (&self.host, self.most);
        let serve = |stream, peer, connections| {
            if connections > most {
                host.failures.record(HandshakeFailure::TooManyConnections);
                return None;
            }
            Some(Arc::clone(host).serve(stream, peer))
        };
        self.acceptor.accept_until(end, usize::MAX, serve).await;
    }

    /// Accepts no more, and tells every peer to open no new streams.
    pub(super) fn close(self) -> Connections {
        self.closing.send_replace(true);
        Connections(self.acceptor.close())
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
