//! Where a server listens.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

const UNIX: &str = "unix:";

/// The longest path of a socket that all systems take, less what is made beside it.
const LONGEST: usize = 90;

/// A port, or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// An IP address and a port.
    Tcp(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl Address {
    /// `127.0.0.1:50051`, or `unix:` and an absolute path of at most 90 bytes; `None` for anything
    /// else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let Some(path) = text.strip_prefix(UNIX) else {
            return text.parse().ok().map(Self::Tcp);
        };
        let fits = path.starts_with('/') && !path.ends_with('/') && path.len() <= LONGEST;
        let fits = fits && !path.contains(char::is_control);
        fits.then(|| Self::Unix(path.into()))
    }

    /// The address, where it is one of TCP.
    #[must_use]
    pub const fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// Whether no other machine can connect.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => true,
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn an_address_is_a_port_or_an_absolute_path() {
        for good in ["127.0.0.1:50051", "[::1]:0", "unix:/run/idphoto/grpc.sock"] {
            assert_eq!(Address::parse(good).unwrap().to_string(), good);
        }
        let long = format!("unix:/{}", "a".repeat(90));
        for bad in [
            "",
            "unix:",
            "unix:a.sock",
            "unix:/run/",
            "unix:///",
            "UNIX:/a",
            "localhost:1",
            &long,
        ] {
            assert_eq!(Address::parse(bad), None, "{bad}");
        }
    }
}
