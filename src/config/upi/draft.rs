//! `upi.*` as far as it can be read.

use std::path::PathBuf;
use std::time::Duration;

use super::super::reader::Reader;
use super::super::value::Value;
use super::{keys, settings};
use crate::upi::BaseUrl;
use crate::upi::transport::Proxy;

/// The way to UPI, whatever of it is good. `None` is missing or bad. It has no Debug: the
/// proxy's URL may hold a password.
pub struct UpiDraft {
    /// `upi.base_url`.
    pub base_url: Option<BaseUrl>,
    /// `upi.timeout`, or its default.
    pub timeout: Option<Duration>,
    /// `upi.connect_timeout`, or its default.
    pub connect_timeout: Option<Duration>,
    /// `upi.clock_window`, or its default.
    pub clock_window: Option<Duration>,
    /// `upi.proxy`, or its default.
    pub proxy: Option<Proxy>,
    /// `upi.ca_file`.
    pub ca_file: Option<PathBuf>,
    /// `upi.client_cert_file` and `upi.client_key_file`.
    pub client_identity: Option<(PathBuf, PathBuf)>,
    /// `upi.signing`.
    pub signing: KeyDraft,
    /// `upi.encryption`.
    pub encryption: KeyDraft,
    /// `upi.verification`, in order.
    pub verification: Vec<KeyDraft>,
}

/// A key as it was given. It has no Debug: a passphrase may stand in the wrong place.
#[derive(Default)]
pub struct KeyDraft {
    /// Its id, good or bad.
    pub kid: Option<String>,
    /// Where it is.
    pub key_file: Option<PathBuf>,
    /// Where its passphrase is.
    pub passphrase_file: Option<PathBuf>,
    /// Where its certificate is.
    pub cert_file: Option<PathBuf>,
}

/// Reads without judging.
pub fn draft(reader: &Reader) -> UpiDraft {
    let certificate = reader.peek(&settings::CLIENT_CERT_FILE);
    UpiDraft {
        base_url: reader.peek(&settings::BASE_URL),
        timeout: reader.peek(&settings::TIMEOUT),
        connect_timeout: reader.peek(&settings::CONNECT_TIMEOUT),
        clock_window: reader.peek(&settings::CLOCK_WINDOW),
        proxy: reader.peek(&settings::PROXY),
        ca_file: reader.peek(&settings::CA_FILE),
        client_identity: certificate.zip(reader.peek(&settings::CLIENT_KEY_FILE)),
        signing: KeyDraft {
            kid: text(reader, keys::SIGNING_KID.path()),
            key_file: reader.peek(&keys::SIGNING_KEY_FILE),
            passphrase_file: reader.peek(&keys::SIGNING_PASSPHRASE_FILE),
            cert_file: reader.peek(&keys::SIGNING_CERT_FILE),
        },
        encryption: KeyDraft {
            kid: text(reader, keys::ENCRYPTION_KID.path()),
            key_file: reader.peek(&keys::ENCRYPTION_KEY_FILE),
            ..KeyDraft::default()
        },
        verification: match reader.raw(keys::VERIFICATION.path()) {
            Some(Value::List(items)) => items.iter().map(of_item).collect(),
            _ => Vec::new(),
        },
    }
}

fn text(reader: &Reader, path: &str) -> Option<String> {
    reader.raw(path)?.text().map(ToOwned::to_owned)
}

fn of_item(item: &Value) -> KeyDraft {
    let Value::Table(table) = item else {
        return KeyDraft::default();
    };
    let text = |name| table.get(name)?.text().map(ToOwned::to_owned);
    KeyDraft {
        kid: text("kid"),
        key_file: text("key_file")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from),
        ..KeyDraft::default()
    }
}
