//! Why the server does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use tokio_rustls::rustls;
use tokio_rustls::rustls::server::VerifierBuilderError;

/// Why the server does not start. No variant quotes a file: it may be a key.
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
    /// A TLS file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file that should hold certificates holds none, or something broken.
    #[error("no usable PEM certificates in {}", path.display())]
    Certificates {
        /// `server.tls.cert_file` or `server.tls.client_ca_file`.
        path: PathBuf,
    },
    /// A file that should hold a private key holds none, or an encrypted one.
    #[error("no usable PEM private key in {}; it must be PKCS #8, PKCS #1 or SEC 1, not encrypted", path.display())]
    PrivateKey {
        /// `server.tls.key_file`.
        path: PathBuf,
    },
    /// Certificate and key are of no use together.
    #[error("the certificate and the private key of the server cannot be used together")]
    Identity(#[source] rustls::Error),
    /// The clients' CA is of no use.
    #[error("the CA certificates in {} cannot be used to check clients", path.display())]
    ClientCa {
        /// `server.tls.client_ca_file`.
        path: PathBuf,
        /// What is wrong with them.
        source: ClientCaError,
    },
    /// The cryptographic provider knows no TLS version that we accept: a bug.
    #[error("no TLS version can be offered")]
    TlsVersions(#[source] rustls::Error),
    /// The descriptors compiled into the program are broken: a bug.
    #[error("reflection cannot be set up")]
    Descriptors(#[from] tonic_reflection::server::Error),
}

/// What is wrong with the clients' CA.
#[derive(Debug, thiserror::Error)]
pub enum ClientCaError {
    /// A certificate that cannot be a trust anchor.
    #[error("not a CA certificate")]
    Anchor(#[source] rustls::Error),
    /// No verifier can be made from them.
    #[error("no verifier can be made from them")]
    Verifier(#[source] VerifierBuilderError),
}
