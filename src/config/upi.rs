//! `upi.*`: the way to UPI.

mod codes;
mod draft;
mod keys;
mod kind;
mod settings;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::field::Key;
use super::reader::Reader;
use crate::domain::{Category, ResponseCode};
use crate::upi::gateway::PhotoPlacement;
use crate::upi::transport::{Connections, Proxy};
use crate::upi::{AppId, BaseUrl, RequestPath, Timeouts};

pub(super) use draft::draft;
pub use draft::{KeyDraft, UpiDraft};
pub use keys::{KeyFile, SigningFiles};
pub(super) use kind::BASE_URL;

/// `upi.*`. It has no Debug: the proxy's URL may hold a password.
#[derive(Clone)]
pub struct UpiConfig {
    /// An http or https URL without a trailing slash. With `--sandbox` a placeholder whose
    /// port is 0.
    pub base_url: BaseUrl,
    /// The path as UPI knows it (UPI-REQPATH), begins with `/`.
    pub request_path: RequestPath,
    /// UPI-APPID.
    pub app_id: AppId,
    /// `upi.timeout` and `upi.connect_timeout`; default 65 s and 5 s.
    pub timeouts: Timeouts,
    /// Where the photo travels; default beside `encData`.
    pub photo_placement: PhotoPlacement,
    /// Whether `/` is written as `\/` in the body; default false.
    pub escape_solidus: bool,
    /// How far an answer's timestamp may be from our clock; default 300 s.
    pub clock_window: Duration,
    /// The only authorities that UPI's certificate may come from, PEM.
    pub ca_file: Option<PathBuf>,
    /// Our certificate for TLS to UPI and its key, PEM: `upi.client_cert_file` and
    /// `upi.client_key_file`.
    pub client_identity: Option<(PathBuf, PathBuf)>,
    /// Which proxy is used; default none, whatever the environment says.
    pub proxy: Proxy,
    /// Whether a connection serves one request or more; default more.
    pub connections: Connections,
    /// Whether the trace goes on at UPI; default false.
    pub propagate_trace: bool,
    /// `upi.signing.*`: our key. `None` only with `--sandbox`.
    pub signing: Option<SigningFiles>,
    /// `upi.encryption.*`: UPI's key to encrypt to. `None` only with `--sandbox`.
    pub encryption: Option<KeyFile>,
    /// `upi.verification`: UPI's keys to verify answers, no kid twice. Empty only with
    /// `--sandbox`.
    pub verification: Vec<KeyFile>,
    /// `upi.response_codes`: what differs from the code table of this program. Never `00`.
    pub response_codes: BTreeMap<ResponseCode, Category>,
}

/// In the order of the reference.
pub const KEYS: &[&dyn Key] = &[
    &settings::BASE_URL,
    &settings::REQUEST_PATH,
    &settings::APP_ID,
    &settings::TIMEOUT,
    &settings::CONNECT_TIMEOUT,
    &settings::PHOTO_PLACEMENT,
    &settings::ESCAPE_SOLIDUS,
    &settings::CLOCK_WINDOW,
    &settings::CA_FILE,
    &settings::CLIENT_CERT_FILE,
    &settings::CLIENT_KEY_FILE,
    &settings::PROXY,
    &settings::CONNECTIONS,
    &settings::PROPAGATE_TRACE,
    &keys::VERIFICATION,
    &codes::RESPONSE_CODES,
    &keys::SIGNING_KID,
    &keys::SIGNING_KEY_FILE,
    &keys::SIGNING_PASSPHRASE_FILE,
    &keys::SIGNING_CERT_FILE,
    &keys::ENCRYPTION_KID,
    &keys::ENCRYPTION_KEY_FILE,
];

pub fn read(reader: &mut Reader) -> Option<UpiConfig> {
    let base_url = settings::base_url(reader);
    let request_path = settings::request_path(reader);
    let app_id = settings::app_id(reader);
    let timeouts = settings::timeouts(reader);
    let photo_placement = reader.get(&settings::PHOTO_PLACEMENT);
    let escape_solidus = reader.get(&settings::ESCAPE_SOLIDUS);
    let clock_window = reader.get(&settings::CLOCK_WINDOW);
    let ca_file = reader.get(&settings::CA_FILE);
    let client_identity = settings::client_identity(reader);
    let proxy = reader.get(&settings::PROXY);
    let connections = reader.get(&settings::CONNECTIONS);
    let propagate_trace = reader.get(&settings::PROPAGATE_TRACE);
    let verification = reader.get(&keys::VERIFICATION).unwrap_or_default();
    let response_codes = reader.get(&codes::RESPONSE_CODES);
    let signing = keys::signing(reader);
    let encryption = keys::encryption(reader);
    Some(UpiConfig {
        base_url: base_url?,
        request_path: request_path?,
        app_id: app_id?,
        timeouts: timeouts?,
        photo_placement: photo_placement?,
        escape_solidus: escape_solidus?,
        clock_window: clock_window?,
        ca_file,
        client_identity,
        proxy: proxy?,
        connections: connections?,
        propagate_trace: propagate_trace?,
        signing,
        encryption,
        verification,
        response_codes: response_codes?,
    })
}
