//! The keys of `upi.*` itself.

use std::path::PathBuf;
use std::time::Duration;

use super::super::field::Field;
use super::super::kind::{BOOLEAN, DURATION, Kind, PATH};
use super::super::placeholder;
use super::super::reader::Reader;
use super::kind::{BASE_URL as URL, IDENTIFIER, PROXY as ROUTE, REQUEST_PATH as SUFFIX};
use crate::upi::gateway::PhotoPlacement;
use crate::upi::transport::{Connections, Proxy};
use crate::upi::{AppId, BaseUrl, Flaw, RequestPath, Timeouts};

pub static BASE_URL: Field<BaseUrl> = Field::new("upi.base_url", URL, |config| {
    Some(config.upi.base_url.clone())
})
.required()
.refused_in_sandbox()
.about("Where UPI is: what stands before upi.request_path. A proxy's prefix belongs here.");

pub static REQUEST_PATH: Field<RequestPath> = Field::new("upi.request_path", SUFFIX, |config| {
    Some(config.upi.request_path.clone())
})
.required()
.not_required_in_sandbox()
.about("The path of the API as UPI knows it; it is signed as UPI-REQPATH.");

pub static APP_ID: Field<AppId> = Field::new("upi.app_id", IDENTIFIER, |config| {
    Some(config.upi.app_id.clone())
})
.required()
.not_required_in_sandbox()
.about("The app id that UPI gave us, sent and expected as UPI-APPID.");

pub static TIMEOUT: Field<Duration> = Field::new("upi.timeout", DURATION, |config| {
    Some(config.upi.timeouts.whole())
})
.default(|| Duration::from_secs(65))
.rule(|timeout| *timeout >= Duration::from_secs(1), "at least 1s")
.about(
    "For a whole call. UPI's own limit is 60s: a little more, so that a late answer, already \
     charged for, is still received.",
);

pub static CONNECT_TIMEOUT: Field<Duration> =
    Field::new("upi.connect_timeout", DURATION, |config| {
        Some(config.upi.timeouts.connect())
    })
    .default(|| Duration::from_secs(5))
    .rule(|timeout| !timeout.is_zero(), "above zero")
    .about("For DNS, TCP and TLS together; below upi.timeout.");

pub static PHOTO_PLACEMENT: Field<PhotoPlacement> =
    Field::new("upi.photo_placement", Kind::choice(), |config| {
        Some(config.upi.photo_placement)
    })
    .default(PhotoPlacement::default)
    .about("Whether the photo travels beside the encrypted part or inside it.");

pub static ESCAPE_SOLIDUS: Field<bool> = Field::new("upi.escape_solidus", BOOLEAN, |config| {
    Some(config.upi.escape_solidus)
})
.default(|| false)
.about("Writes / as \\/ in the body. To be tried when UPI refuses good signatures.");

pub static CLOCK_WINDOW: Field<Duration> = Field::new("upi.clock_window", DURATION, |config| {
    Some(config.upi.clock_window)
})
.default(|| Duration::from_secs(300))
.rule(|window| *window >= Duration::from_secs(1), "at least 1s")
.about("How far the timestamp of an answer may be from our clock.");

pub static CA_FILE: Field<PathBuf> = Field::new("upi.ca_file", PATH, |config| {
    config.upi.ca_file.clone()
})
.refused_in_sandbox()
.about("The only authorities that UPI's certificate may come from, PEM. Without it the system's.");

pub static CLIENT_CERT_FILE: Field<PathBuf> = Field::new("upi.client_cert_file", PATH, |config| {
    let identity = config.upi.client_identity.as_ref();
    identity.map(|(certificate, _)| certificate.clone())
})
.refused_in_sandbox()
.about("Our certificate for TLS to UPI, PEM; together with upi.client_key_file.");

pub static CLIENT_KEY_FILE: Field<PathBuf> = Field::new("upi.client_key_file", PATH, |config| {
    let identity = config.upi.client_identity.as_ref();
    identity.map(|(_, key)| key.clone())
})
.refused_in_sandbox()
.about("The certificate's private key, PEM.");

pub static PROXY: Field<Proxy> =
    Field::new("upi.proxy", ROUTE, |config| Some(config.upi.proxy.clone()))
        .default(Proxy::default)
        .refused_in_sandbox()
        .credentials()
        .about(
            "The way to UPI: direct whatever the environment says, by the environment's \
             HTTPS_PROXY and its like, or through this proxy.",
        );

pub static CONNECTIONS: Field<Connections> =
    Field::new("upi.connections", Kind::choice(), |config| {
        Some(config.upi.connections)
    })
    .default(Connections::default)
    .about(
        "Whether a connection to UPI serves further calls, or each call opens its own: slower, \
         and no call can meet a connection that UPI is just closing.",
    );

pub static PROPAGATE_TRACE: Field<bool> = Field::new("upi.propagate_trace", BOOLEAN, |config| {
    Some(config.upi.propagate_trace)
})
.default(|| false)
.about(
    "Whether UPI gets the W3C trace context of each call (traceparent). It is another \
         company: the trace ends at our door unless it wants this.",
);

pub fn base_url(reader: &mut Reader) -> Option<BaseUrl> {
    or_placeholder(reader, &BASE_URL, BaseUrl::parse(placeholder::BASE_URL))
}

pub fn request_path(reader: &mut Reader) -> Option<RequestPath> {
    let placeholder = RequestPath::parse(placeholder::REQUEST_PATH);
    or_placeholder(reader, &REQUEST_PATH, placeholder)
}

pub fn app_id(reader: &mut Reader) -> Option<AppId> {
    or_placeholder(reader, &APP_ID, AppId::parse(placeholder::APP_ID))
}

fn or_placeholder<T>(reader: &mut Reader, field: &Field<T>, it: Result<T, Flaw>) -> Option<T> {
    let value = reader.get(field);
    value.or_else(|| it.ok().filter(|_| reader.sandboxed))
}

/// `upi.timeout` and `upi.connect_timeout`.
pub fn timeouts(reader: &mut Reader) -> Option<Timeouts> {
    let whole = reader.get(&TIMEOUT);
    let connect = reader.get(&CONNECT_TIMEOUT);
    let timeouts = Timeouts::new(whole?, connect?);
    let reject = |flaw: Flaw| reader.reject(CONNECT_TIMEOUT.path(), flaw.text);
    timeouts.map_err(reject).ok()
}

/// `upi.client_cert_file` and `upi.client_key_file`: both or none.
pub fn client_identity(reader: &mut Reader) -> Option<(PathBuf, PathBuf)> {
    reader.demand(&CLIENT_CERT_FILE, &[&CLIENT_KEY_FILE]);
    reader.demand(&CLIENT_KEY_FILE, &[&CLIENT_CERT_FILE]);
    let certificate = reader.get(&CLIENT_CERT_FILE);
    let key = reader.get(&CLIENT_KEY_FILE);
    Some((certificate?, key?))
}
