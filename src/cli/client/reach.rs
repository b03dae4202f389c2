//! The way to an address, before anything is said.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rustls_pki_types::ServerName;
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time::timeout;

use super::address::Address;
use super::refused::Why;

/// For the name, and for the connection: each has so long.
const LIMIT: Duration = Duration::from_secs(5);

/// Each address of the name gets its share of the time.
pub(super) async fn tcp(at: &Address) -> Result<TcpStream, Why> {
    let found = timeout(LIMIT, lookup_host((at.host.as_str(), at.port))).await;
    let Ok(Ok(addresses)) = found else {
        return Err(Why::NameNotFound);
    };
    let addresses: Vec<SocketAddr> = addresses.collect();
    let shares = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut why = Why::NameNotFound;
    for address in addresses {
        why = match timeout(LIMIT / shares, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => of_connecting(&error),
            Err(_) => Why::ConnectTimeout,
        };
    }
    Err(why)
}

/// A connection to a Unix socket.
pub(super) async fn socket(path: &Path) -> Result<UnixStream, Why> {
    match timeout(LIMIT, UnixStream::connect(path)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(of_connecting(&error)),
        Err(_) => Err(Why::ConnectTimeout),
    }
}

pub(super) fn server_name(at: &Address) -> Result<ServerName<'static>, Why> {
    ServerName::try_from(at.host.clone())
        .map_err(|_| Why::TlsFailed("the host cannot be in a certificate".to_owned()))
}

fn of_connecting(error: &io::Error) -> Why {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Why::ConnectionRefused,
        io::ErrorKind::TimedOut => Why::ConnectTimeout,
        _ => Why::Unreachable(error.to_string()),
    }
}
