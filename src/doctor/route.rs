//! The way to UPI as configured: timeouts, authorities, client certificate. Nothing is sent.

use std::path::Path;

use super::finding::Finding;
use crate::app::{ReadError, read_file};
use crate::config::UpiDraft;
use crate::domain::Secret;
use crate::upi::Timeouts;
use crate::upi::transport::probe::Probe;
use crate::upi::transport::{ClientIdentity, Route, RouteError};

const CHECK: &str = "route";
const BASE_URL: &str = "upi.base_url";

/// What is found in the settings of the way.
pub fn examine(upi: &UpiDraft) -> Vec<Finding> {
    let mut findings = Vec::from_iter(timeouts(upi));
    match open(upi) {
        Some(Ok(probe)) if probe.is_tls() => {
            let text = "the certificates for TLS can be used";
            findings.push(Finding::ok(CHECK, BASE_URL, text));
        }
        Some(Ok(_)) => findings.push(Finding::ok(CHECK, BASE_URL, "no TLS is spoken")),
        Some(Err(finding)) => findings.push(finding),
        None => {}
    }
    findings
}

/// The way, ready to be looked at; `None` when a mandatory part of it is missing or bad.
pub fn open(upi: &UpiDraft) -> Option<Result<Probe, Finding>> {
    Some(route(upi)?.and_then(|route| Probe::new(&route).map_err(refused)))
}

fn route(upi: &UpiDraft) -> Option<Result<Route, Finding>> {
    let route = Route {
        timeouts: Timeouts::new(upi.timeout?, upi.connect_timeout?).ok()?,
        proxy: upi.proxy.clone()?,
        ..Route::direct(upi.base_url.clone()?)
    };
    Some(with_files(route, upi))
}

fn with_files(mut route: Route, upi: &UpiDraft) -> Result<Route, Finding> {
    if let Some(path) = &upi.ca_file {
        route.ca_pem = Some(read("upi.ca_file", path)?);
    }
    if let Some((certificate, key)) = &upi.client_identity {
        route.client_identity = Some(ClientIdentity {
            certificate_pem: read("upi.client_cert_file", certificate)?,
            key_pem: Secret::new(read("upi.client_key_file", key)?),
        });
    }
    Ok(route)
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, Finding> {
    let read = read_file(path).map(|mut bytes| std::mem::take(&mut *bytes));
    read.map_err(|error: ReadError| {
        let advice = "name a PEM file that the gateway's user can read";
        Finding::wrong(CHECK, key, error.to_string(), advice)
    })
}

fn refused(error: RouteError) -> Finding {
    let (key, advice) = match error {
        RouteError::Ca(_) | RouteError::CaEmpty => (
            "upi.ca_file",
            "name a PEM file with the certificates of UPI's authorities",
        ),
        RouteError::Identity(_) => (
            "upi.client_cert_file",
            "name a PEM certificate and its unencrypted key",
        ),
        RouteError::Client(_) => (
            BASE_URL,
            "check that upi.client_key_file belongs to upi.client_cert_file, and that the system \
             has authorities when upi.ca_file is not set",
        ),
        RouteError::Proxy => ("upi.proxy", "write none, environment or a URL"),
    };
    // The texts begin with the key.
    let text = error.to_string();
    let text = text.strip_prefix(key).unwrap_or(&text).trim_start();
    Finding::wrong(CHECK, key, text, advice)
}

/// A connection that hangs must be told from an answer that does.
fn timeouts(upi: &UpiDraft) -> Option<Finding> {
    let (whole, connect) = (upi.timeout?, upi.connect_timeout?);
    (connect >= whole).then(|| {
        let text = "is not shorter than upi.timeout, so that no time is left for an answer";
        Finding::wrong(
            "timeouts",
            "upi.connect_timeout",
            text,
            "5s and 65s are good values",
        )
    })
}
