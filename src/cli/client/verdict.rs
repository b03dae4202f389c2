//! What a failure of TLS means.

use std::io;

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

use super::refused::Why;
use super::trust::Trust;

/// Of a handshake, or of the first read after it: under TLS 1.3 a server refuses the
/// client's certificate only then. `None` when the connection just ended.
pub(super) fn of(error: &io::Error, trust: &Trust) -> Option<Why> {
    let tls = error
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<Error>());
    match tls {
        Some(Error::AlertReceived(alert)) => Some(of_alert(*alert, trust)),
        Some(Error::InvalidCertificate(fault)) => Some(of_certificate(fault, trust)),
        Some(Error::InvalidMessage(_)) => Some(Why::PlaintextExpected),
        Some(other) => Some(Why::TlsFailed(other.to_string())),
        // Servers cut whom they do not admit; the alert may be lost on the way.
        None => trust
            .identity
            .was_missed()
            .then_some(Why::ClientCertificateRequired),
    }
}

fn of_alert(alert: AlertDescription, trust: &Trust) -> Why {
    let word = || format!("{alert:?}");
    match alert {
        AlertDescription::CertificateRequired => Why::ClientCertificateRequired,
        AlertDescription::NoApplicationProtocol => Why::NotHttp2,
        _ if trust.identity.was_missed() => Why::ClientCertificateRequired,
        _ if trust.identity.was_shown() => Why::ClientCertificateRefused(word()),
        _ => Why::TlsFailed(format!("it answered with the alert {}", word())),
    }
}

fn of_certificate(fault: &CertificateError, trust: &Trust) -> Why {
    match fault {
        // BadSignature: a CA of the same name, and another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Why::NotTrusted {
            own_ca: trust.own_ca,
        },
        CertificateError::NotValidForName => Why::NameMismatch(Vec::new()),
        CertificateError::NotValidForNameContext { presented, .. } => {
            Why::NameMismatch(presented.iter().map(|name| bare(name)).collect())
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Why::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Why::NotYetValid
        }
        other => Why::CertificateInvalid(other.to_string()),
    }
}

/// rustls writes `DnsName("gateway.example")` and `IpAddress(127.0.0.1)`.
fn bare(name: &str) -> String {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner);
    inner.trim_end_matches(')').trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::SocketAddr;

    use tokio_rustls::rustls::client::ResolvesClientCert as _;

    use super::Why;
    use crate::cli::client::Target;
    use crate::cli::client::trust::Trust;

    #[test]
    fn a_server_that_asked_for_a_certificate_in_vain_may_cut_without_a_word() {
        let target = Target::plaintext(&SocketAddr::from(([127, 0, 0, 1], 1)).into());
        let trust = Trust::new(&target).unwrap();
        let cut = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(super::of(&cut, &trust), None);
        assert!(trust.identity.resolve(&[], &[]).is_none());
        let why = super::of(&cut, &trust);
        assert_eq!(why, Some(Why::ClientCertificateRequired));
    }

    #[test]
    fn names_are_shown_as_they_are() {
        assert_eq!(super::bare("DnsName(\"a.example\")"), "a.example");
        assert_eq!(super::bare("IpAddress(127.0.0.1)"), "127.0.0.1");
    }
}
