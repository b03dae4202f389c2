//! The port for those who run the gateway: plaintext HTTP/1.1 with metrics, liveness,
//! readiness, version, the masked configuration and its reload, and the level of the log. Nothing else.
//!
//! It is not for callers, and nothing on it is about one: `pages` says what is served,
//! `gate` who is turned away, `connection` what a peer may cost.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::acceptor::Acceptor;
use crate::telemetry::Switch;

mod answer;
mod connection;
mod gate;
mod level;
mod pages;
mod reload;

#[cfg(test)]
mod tests;

pub use reload::{Flaw, Reload, Reloaded};

use pages::Pages;

/// Gives the metrics in Prometheus' text format; `None` when they cannot be gathered.
pub type Exposition = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// Whether calls are accepted.
pub type Ready = Arc<dyn Fn() -> bool + Send + Sync>;

/// The configuration in force, and what is to be said of it.
pub type Configuration = Arc<dyn Fn() -> String + Send + Sync>;

/// What the pages show.
pub struct Sources {
    /// `/metrics`.
    pub exposition: Exposition,
    /// `/ready`.
    pub ready: Ready,
    /// `/config`, with credentials masked.
    pub configuration: Configuration,
    /// `POST /reload`; without it the page is not there.
    pub reload: Option<Reload>,
    /// `/log-level`.
    pub log: Switch,
}

/// A bound port; connections wait until [`Admin::run`].
pub struct Admin {
    acceptor: Acceptor,
    most: usize,
    pages: Arc<Pages>,
}

/// Another process has the port, or the address is not this machine's.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} (admin.listen)")]
pub struct AdminError {
    /// `admin.listen`.
    address: SocketAddr,
    /// What the operating system said.
    source: io::Error,
}

impl Admin {
    /// Binds, for so many connections at a time; port 0 takes a free one.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn bind(
        address: SocketAddr,
        most: usize,
        sources: Sources,
    ) -> Result<Self, AdminError> {
        let failed = |source| AdminError { address, source };
        let acceptor = Acceptor::bind("admin.listen", address).await;
        let acceptor = acceptor.map_err(failed)?;
        let local = address.ip().to_canonical().is_loopback();
        Ok(Self {
            acceptor,
            most,
            pages: Arc::new(Pages::new(sources, local)),
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.acceptor.local_addr()
    }

    /// Serves for as long as it is polled; connections end when it is dropped.
    ///
    /// Connections beyond the limit wait, without being accepted.
    pub async fn run(mut self) {
        let serve = |stream, _, _| Some(connection::serve(stream, Arc::clone(&self.pages)));
        let accepting = self.acceptor.accept_until(pending(), self.most, serve);
        accepting.await;
    }
}
