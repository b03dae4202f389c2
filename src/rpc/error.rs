//! Why the server does not start.

use std::io;
use std::net::SocketAddr;

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
