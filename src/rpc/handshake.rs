//! Handshakes that fail, and connections that are cut: what was the matter, for a counter and for the log.
//!
//! Whoever reaches the port can fail as often as it likes. So the log has one line at once
//! for each cause, and then one in ten seconds; and none of it is what a peer sent.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use tokio_rustls::rustls::{AlertDescription, Error};

use crate::observe::{Event, HandshakeFailure, Observer};

/// Of a TLS record that carries a handshake (RFC 8446, section 5.1): no HTTP begins so.
pub(super) const TLS_HANDSHAKE: u8 = 22;

/// Between two lines about one cause.
const PERIOD: Duration = Duration::from_secs(10);

pub(super) struct Failures {
    /// The key of the port's address.
    pub(super) key: &'static str,
    observer: Arc<dyn Observer>,
    /// Of the causes that the log has told lately: how many came since.
    untold: Mutex<HashMap<HandshakeFailure, u64>>,
}

impl Failures {
    pub(super) fn new(key: &'static str, observer: Arc<dyn Observer>) -> Arc<Self> {
        Arc::new(Self {
            key,
            observer,
            untold: Mutex::default(),
        })
    }

    /// Counts a peer that said nothing at all. Load balancers look so whether a port is
    /// open, and nobody wants to read of it.
    pub(super) fn count_silent(&self) {
        let failed = Event::HandshakeFailed(HandshakeFailure::Closed);
        self.observer.record(&failed);
    }

    /// Counts a failure, and tells it unless its cause was told lately.
    pub(super) fn record(self: &Arc<Self>, cause: HandshakeFailure) {
        self.observer.record(&Event::HandshakeFailed(cause));
        if !self.is_news(cause) {
            return;
        }
        let (port, name) = (self.key, cause.name());
        let (event, text) = (event(cause), text(cause));
        tracing::info!(cause = name, port, "{event}: {text}");
        tokio::spawn(Arc::clone(self).tell_the_rest(cause));
    }

    /// Whether it is to be told at once; if not, it is told with the others of its period.
    fn is_news(&self, cause: HandshakeFailure) -> bool {
        match self.untold().entry(cause) {
            Entry::Occupied(mut untold) => {
                *untold.get_mut() += 1;
                false
            }
            Entry::Vacant(first) => {
                first.insert(0);
                true
            }
        }
    }

    /// Until a period brings no more of this cause.
    async fn tell_the_rest(self: Arc<Self>, cause: HandshakeFailure) {
        loop {
            sleep(PERIOD).await;
            let Some(more) = self.take(cause) else { return };
            let (port, name, seconds) = (self.key, cause.name(), PERIOD.as_secs());
            let (event, text) = (event(cause), text(cause));
            tracing::info!(
                cause = name,
                port,
                more,
                "{event}, {more} more in {seconds} s: {text}"
            );
        }
    }

    /// What came since; `None`, and the next one is told at once, when nothing did.
    fn take(&self, cause: HandshakeFailure) -> Option<u64> {
        let mut untold = self.untold();
        let more = untold.insert(cause, 0).filter(|more| *more > 0);
        if more.is_none() {
            untold.remove(&cause);
        }
        more
    }

    fn untold(&self) -> MutexGuard<'_, HashMap<HandshakeFailure, u64>> {
        // Counts that a panic elsewhere leaves behind are still worth telling.
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why TLS was not agreed on with a peer whose first byte was this.
pub(super) fn cause(first: u8, error: &io::Error) -> HandshakeFailure {
    if first != TLS_HANDSHAKE {
        return HandshakeFailure::NotTls;
    }
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match (inner, error.kind()) {
        (Some(error), _) => cause_of(error),
        (
            None,
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected,
        ) => HandshakeFailure::Closed,
        (None, _) => HandshakeFailure::Other,
    }
}

const fn cause_of(error: &Error) -> HandshakeFailure {
    match error {
        Error::NoCertificatesPresented => HandshakeFailure::NoClientCertificate,
        Error::InvalidCertificate(_) => HandshakeFailure::ClientCertificateRefused,
        Error::PeerIncompatible(_) | Error::NoApplicationProtocol => {
            HandshakeFailure::NoCommonProtocol
        }
        Error::AlertReceived(alert) => cause_of_alert(*alert),
        _ => HandshakeFailure::Other,
    }
}

/// What a peer says of us before it goes (RFC 8446, section 6.2).
const fn cause_of_alert(alert: AlertDescription) -> HandshakeFailure {
    match alert {
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateRevoked
        | AlertDescription::UnsupportedCertificate
        // Of a chain whose signature does not fit an authority of the same name.
        | AlertDescription::DecryptError => HandshakeFailure::ServerCertificateRefused,
        AlertDescription::HandshakeFailure
        | AlertDescription::ProtocolVersion
        | AlertDescription::InsufficientSecurity
        | AlertDescription::NoApplicationProtocol => HandshakeFailure::NoCommonProtocol,
        AlertDescription::CloseNotify | AlertDescription::UserCanceled => HandshakeFailure::Closed,
        _ => HandshakeFailure::Other,
    }
}

const fn event(cause: HandshakeFailure) -> &'static str {
    match cause {
        HandshakeFailure::Flood | HandshakeFailure::Unread => "connection cut",
        _ => "handshake failed",
    }
}

/// For whoever reads the log: what it means, and where to look.
const fn text(cause: HandshakeFailure) -> &'static str {
    match cause {
        HandshakeFailure::NoClientCertificate => {
            "the client sent no certificate, and server.tls.client_ca_file wants one"
        }
        HandshakeFailure::ClientCertificateRefused => {
            "the client's certificate is expired, or of no authority in server.tls.client_ca_file"
        }
        HandshakeFailure::ServerCertificateRefused => {
            "the client refused the certificate in server.tls.cert_file: it does not know its \
             authority, looks for another name, or it has expired"
        }
        HandshakeFailure::NoCommonProtocol => {
            "the client and this port have no TLS version, cipher or protocol in common; it \
             takes TLS 1.2 and 1.3, and HTTP/2 (ALPN h2)"
        }
        HandshakeFailure::NotTls => "the client spoke plaintext, and this port speaks TLS",
        HandshakeFailure::TlsAtPlaintextPort => {
            "the client spoke TLS, and this port speaks plaintext"
        }
        HandshakeFailure::TooManyConnections => {
            "as many connections are open as may be (server.max_connections)"
        }
        HandshakeFailure::Timeout => "the client did not finish it in 10 s",
        HandshakeFailure::Closed => "the client closed the connection in the middle of it",
        HandshakeFailure::Unread => {
            "the client did not take an answer for 60 s: it reads nothing, or opens no window"
        }
        HandshakeFailure::Flood => {
            "the client went on sending HTTP/2 control frames that nobody asked for: \
             acknowledgements of PINGs, or SETTINGS"
        }
        HandshakeFailure::Other => "the client broke a rule of TLS, or something on the way did",
    }
}

#[cfg(test)]
mod tests;
