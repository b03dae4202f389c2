//! Where `--target` points: `HOST:PORT`, `http://HOST:PORT`, `https://HOST:PORT` or `unix:/PATH`.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::PathBuf;
use std::str::FromStr;

use crate::acceptor;

/// A target as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// What the scheme says; `None` without one.
    pub tls: Option<bool>,
    /// A name or an IP address, without brackets.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
    /// A Unix socket; then there is no port, and the host is this machine.
    pub socket: Option<PathBuf>,
}

impl From<&acceptor::Address> for Address {
    fn from(at: &acceptor::Address) -> Self {
        let (host, port, socket) = match at {
            acceptor::Address::Tcp(at) => (at.ip().to_string(), at.port(), None),
            acceptor::Address::Unix(path) => ("localhost".to_owned(), 0, Some(path.clone())),
        };
        Self {
            tls: Some(false),
            host,
            port,
            socket,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("expected HOST:PORT, http://HOST:PORT, https://HOST:PORT or unix:/PATH")]
    Scheme,
    #[error("expected unix: and an absolute path of at most 90 bytes")]
    Socket,
    #[error("nothing but host and port is expected: no path, query or user name")]
    Surplus,
    #[error("the host is missing or no host name")]
    Host,
    #[error("the port is missing: HOST:PORT")]
    NoPort,
    #[error("the port must be a number from 1 to 65535")]
    Port,
    #[error("too many colons; an IPv6 address stands in brackets, such as [::1]:50051")]
    Colons,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.starts_with("unix:") {
            let at = acceptor::Address::parse(text).ok_or(AddressError::Socket)?;
            return Ok(Self::from(&at));
        }
        let (tls, rest) = match text.split_once("://") {
            None => (None, text),
            Some((scheme, rest)) => (Some(is_tls(scheme)?), rest),
        };
        let rest = match tls {
            None => rest,
            Some(_) => rest.strip_suffix('/').unwrap_or(rest),
        };
        if rest.contains(['/', '?', '#', '@']) {
            return Err(AddressError::Surplus);
        }
        let (host, port) = split(rest)?;
        let port = match (port, tls) {
            (Some(port), _) => to_port(port)?,
            (None, Some(true)) => 443,
            (None, Some(false)) => 80,
            (None, None) => return Err(AddressError::NoPort),
        };
        let host = host.to_owned();
        Ok(Self {
            tls,
            host,
            port,
            socket: None,
        })
    }
}

/// `HOST:PORT`, as it stands in a URL, or `unix:/PATH`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        if let Some(path) = &self.socket {
            return write!(f, "unix:{}", path.display());
        }
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

fn is_tls(scheme: &str) -> Result<bool, AddressError> {
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Ok(false),
        "https" => Ok(true),
        _ => Err(AddressError::Scheme),
    }
}

fn split(text: &str) -> Result<(&str, Option<&str>), AddressError> {
    if let Some(bracketed) = text.strip_prefix('[') {
        let (host, after) = bracketed.split_once(']').ok_or(AddressError::Host)?;
        host.parse::<Ipv6Addr>().map_err(|_| AddressError::Host)?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(AddressError::Port),
        };
    }
    let (host, port) = match text.split_once(':') {
        Some((_, port)) if port.contains(':') => return Err(AddressError::Colons),
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    // An underscore is in no host name by the letter, and in many of containers.
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    match !host.is_empty() && host.chars().all(fits) {
        true => Ok((host, port)),
        false => Err(AddressError::Host),
    }
}

fn to_port(text: &str) -> Result<u16, AddressError> {
    let digits = text.chars().all(|letter| letter.is_ascii_digit());
    match text.parse() {
        Ok(port) if digits && port > 0 => Ok(port),
        _ => Err(AddressError::Port),
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, AddressError};

    #[track_caller]
    fn reads(text: &str, tls: Option<bool>, shown: &str) {
        let read: Address = text.parse().unwrap();
        assert_eq!((read.tls, read.to_string().as_str()), (tls, shown));
    }

    #[test]
    fn host_and_port_stand_alone_or_in_a_url() {
        reads("gateway.example:50051", None, "gateway.example:50051");
        reads("[::1]:50051", None, "[::1]:50051");
        reads("id_photo:50051", None, "id_photo:50051");
        reads("http://127.0.0.1:50051/", Some(false), "127.0.0.1:50051");
        reads("HTTPS://[2001:db8::1]", Some(true), "[2001:db8::1]:443");
        reads("http://gateway", Some(false), "gateway:80");
        reads("unix:/run/a.sock", Some(false), "unix:/run/a.sock");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (text, error) in [
            ("", AddressError::Host),
            (":50051", AddressError::Host),
            ("https://", AddressError::Host),
            ("a b:1", AddressError::Host),
            ("[::1", AddressError::Host),
            ("[localhost]:1", AddressError::Host),
            ("gateway.example", AddressError::NoPort),
            ("[::1]", AddressError::NoPort),
            ("gateway:", AddressError::Port),
            ("gateway:0", AddressError::Port),
            ("gateway:+1", AddressError::Port),
            ("gateway:65536", AddressError::Port),
            ("[::1]50051", AddressError::Port),
            ("::1:50051", AddressError::Colons),
            ("unix:a.sock", AddressError::Socket),
            ("unix://a.sock/", AddressError::Socket),
            ("dns:gateway:50051", AddressError::Colons),
            ("dns:///gateway:50051", AddressError::Scheme),
            ("http://gateway:1/path", AddressError::Surplus),
            ("https://me@gateway:1", AddressError::Surplus),
        ] {
            assert_eq!(text.parse::<Address>(), Err(error), "{text}");
        }
    }
}
