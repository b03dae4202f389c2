//! Why there is no connection, in words, and what helps.

use std::fmt;

use super::address::Address;

/// No connection, so nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub at: Address,
    pub why: Why,
}

/// What was found instead of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    NameNotFound,
    ConnectionRefused,
    Unreachable(String),
    ConnectTimeout,
    /// A TLS port, asked in plaintext.
    TlsExpected,
    /// A plaintext port, asked by TLS.
    PlaintextExpected,
    /// A server of HTTP/1.
    WebServer,
    NotHttp2,
    /// A connection, and then silence.
    NoAnswer,
    /// A connection, and then its end.
    ConnectionClosed,
    /// The server's certificate comes from a CA that is not trusted.
    NotTrusted {
        /// Whether `--ca-file` says who is.
        own_ca: bool,
    },
    NameMismatch(Vec<String>),
    Expired,
    NotYetValid,
    CertificateInvalid(String),
    ClientCertificateRequired,
    /// The server does not take the client's certificate, by the word of its alert.
    ClientCertificateRefused(String),
    TlsFailed(String),
}

impl Why {
    /// A fixed word for programs.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NameNotFound => "NAME_NOT_FOUND",
            Self::ConnectionRefused => "CONNECTION_REFUSED",
            Self::Unreachable(_) => "UNREACHABLE",
            Self::ConnectTimeout => "CONNECT_TIMEOUT",
            Self::TlsExpected => "TLS_EXPECTED",
            Self::PlaintextExpected => "PLAINTEXT_EXPECTED",
            Self::WebServer | Self::NotHttp2 => super::NOT_A_GATEWAY,
            Self::NoAnswer => super::NO_ANSWER,
            Self::ConnectionClosed => "CONNECTION_CLOSED",
            Self::NotTrusted { .. } => "CERTIFICATE_NOT_TRUSTED",
            Self::NameMismatch(_) => "CERTIFICATE_NAME_MISMATCH",
            Self::Expired => "CERTIFICATE_EXPIRED",
            Self::NotYetValid => "CERTIFICATE_NOT_YET_VALID",
            Self::CertificateInvalid(_) => "CERTIFICATE_INVALID",
            Self::ClientCertificateRequired => "CLIENT_CERTIFICATE_REQUIRED",
            Self::ClientCertificateRefused(_) => "CLIENT_CERTIFICATE_REFUSED",
            Self::TlsFailed(_) => "TLS_FAILED",
        }
    }

    /// Whether the same command may succeed a little later, unchanged.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::NameNotFound
                | Self::ConnectionRefused
                | Self::Unreachable(_)
                | Self::ConnectTimeout
                | Self::NoAnswer
                | Self::ConnectionClosed
        )
    }
}

impl Refused {
    #[must_use]
    pub fn advice(&self) -> String {
        let at = &self.at;
        match &self.why {
            Why::NameNotFound => "check the host of --target",
            Why::ConnectionRefused => {
                "is the gateway running, and is this its gRPC port (server.listen)?"
            }
            Why::Unreachable(_) | Why::ConnectTimeout => {
                "check --target, and what lies between (routes, firewalls)"
            }
            Why::TlsExpected => {
                return format!("use --target https://{at} (and --ca-file for a CA of your own)");
            }
            Why::PlaintextExpected => return format!("use --target http://{at} or --plaintext"),
            Why::WebServer | Why::NotHttp2 => {
                "use the port of server.listen; admin.listen is another one"
            }
            Why::NoAnswer | Why::ConnectionClosed => {
                "is this the gateway's gRPC port (server.listen), and is the gateway well?"
            }
            Why::NotTrusted { own_ca: true } => {
                "--ca-file must hold the CA that issued the gateway's certificate"
            }
            Why::NotTrusted { own_ca: false } => "give the CA that issued it by --ca-file",
            Why::NameMismatch(_) => "use one of its names as the host of --target",
            Why::Expired | Why::NotYetValid => {
                "its operator has to renew it, or the clock of this machine is wrong"
            }
            Why::CertificateInvalid(_) => "its operator has to replace it",
            Why::ClientCertificateRequired => "give one by --cert-file and --key-file",
            Why::ClientCertificateRefused(_) => {
                "--cert-file must be valid and from the CA of the gateway's server.tls.client_ca_file"
            }
            Why::TlsFailed(_) => "the gateway takes TLS 1.2 and 1.3",
        }
        .to_owned()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = &self.at;
        match &self.why {
            Why::NameNotFound => write!(f, "no address is known for the name {}", at.host),
            Why::ConnectionRefused => write!(f, "nobody listens at {at}"),
            Why::Unreachable(cause) => write!(f, "{at} cannot be reached: {cause}"),
            Why::ConnectTimeout => write!(f, "no connection to {at} in time"),
            Why::TlsExpected => write!(f, "{at} speaks TLS, and was asked in plaintext"),
            Why::PlaintextExpected => write!(f, "{at} speaks plaintext, and was asked by TLS"),
            Why::WebServer => write!(f, "{at} is a web server (HTTP/1), not a gRPC port"),
            Why::NotHttp2 => write!(f, "{at} does not speak HTTP/2, so it is no gRPC port"),
            Why::NoAnswer => write!(f, "{at} takes the connection and says nothing"),
            Why::ConnectionClosed => write!(f, "{at} closed the connection without a word"),
            Why::NotTrusted { .. } => {
                write!(
                    f,
                    "the certificate of {at} is from a CA that is not trusted here"
                )
            }
            Why::NameMismatch(names) => {
                let names = match names.is_empty() {
                    true => "no name at all".to_owned(),
                    false => names.join(", "),
                };
                write!(
                    f,
                    "the certificate of {at} is for {names}, not for {}",
                    at.host
                )
            }
            Why::Expired => write!(f, "the certificate of {at} has expired"),
            Why::NotYetValid => write!(f, "the certificate of {at} is not valid yet"),
            Why::CertificateInvalid(how) => {
                write!(f, "the certificate of {at} cannot be used: {how}")
            }
            Why::ClientCertificateRequired => write!(f, "{at} asks for a client certificate"),
            Why::ClientCertificateRefused(alert) => {
                write!(f, "{at} refuses this client certificate ({alert})")
            }
            Why::TlsFailed(how) => write!(f, "no TLS with {at}: {how}"),
        }
    }
}

impl std::error::Error for Refused {}
