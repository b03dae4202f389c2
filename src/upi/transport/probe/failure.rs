//! Why a step of the probe failed, as far as the answers of the other side tell it.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use reqwest::StatusCode;
use tokio_rustls::rustls::{AlertDescription, Error, PeerIncompatible, PeerMisbehaved};
use tower::Service;

/// hyper-util does not export the name of it.
type TunnelError = <Tunnel<HttpConnector> as Service<http::Uri>>::Error;

/// What a step was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The host has an address.
    Dns,
    /// The port takes connections.
    Tcp,
    /// The handshake succeeds, or through a proxy everything up to it.
    Tls,
    /// An HTTP answer comes, whatever it says.
    Http,
}

/// A step that failed.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which one.
    pub step: Step,
    /// What its advice depends on.
    pub cause: Cause,
    /// The words of those who noticed; they name neither URL nor password.
    pub why: String,
}

/// What is known about why a step failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// TLS found no cipher suite that both sides speak, or the other side gave no other
    /// reason for its refusal (alert handshake_failure, RFC 8446 section 6.2).
    NoCommonCipherSuite,
    /// There is no version of TLS that both sides speak.
    NoCommonVersion,
    /// The forward proxy wants another name and password (407).
    ProxyAuthorization,
    /// The forward proxy answered CONNECT with a refusal, or does not reach UPI (502).
    ProxyRefused,
    /// The step says all.
    Other,
}

impl Failure {
    /// Of a question that was not answered.
    pub(super) fn of(step: Step, error: &(dyn StdError + 'static)) -> Self {
        let mut why = error.to_string();
        let mut cause = None;
        let mut next = Some(error);
        while let Some(error) = next {
            cause = cause.or_else(|| cause_of(error));
            next = error.source();
            if let Some(source) = next {
                why.push_str(&format!(": {source}"));
            }
        }
        Self {
            step,
            cause: cause.unwrap_or(Cause::Other),
            why,
        }
    }

    /// Of which no more than this is known.
    pub(super) const fn other(step: Step, why: String) -> Self {
        let cause = Cause::Other;
        Self { step, cause, why }
    }

    /// What no server but a forward proxy answers (RFC 9110 section 15.5.8).
    pub(super) fn of_status(status: StatusCode) -> Option<Self> {
        (status == StatusCode::PROXY_AUTHENTICATION_REQUIRED).then(|| Self {
            step: Step::Http,
            cause: Cause::ProxyAuthorization,
            why: status.to_string(),
        })
    }
}

fn cause_of(error: &(dyn StdError + 'static)) -> Option<Cause> {
    if let Some(refused) = error.downcast_ref::<TunnelError>() {
        return cause_of_tunnel(refused);
    }
    // An I/O error passes over what it wraps where it tells its source.
    if let Some(wrapped) = error.downcast_ref().and_then(io::Error::get_ref) {
        return cause_of(wrapped);
    }
    cause_of_tls(error.downcast_ref()?)
}

const fn cause_of_tunnel(error: &TunnelError) -> Option<Cause> {
    match error {
        TunnelError::ProxyAuthRequired => Some(Cause::ProxyAuthorization),
        TunnelError::TunnelUnsuccessful => Some(Cause::ProxyRefused),
        _ => None,
    }
}

const fn cause_of_tls(error: &Error) -> Option<Cause> {
    match error {
        Error::AlertReceived(
            AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity,
        )
        | Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon)
        | Error::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedCipherSuite) => {
            Some(Cause::NoCommonCipherSuite)
        }
        Error::AlertReceived(AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            Some(Cause::NoCommonVersion)
        }
        _ => None,
    }
}
