//! Configuration.
use crate::domain::{Category, Member, Merchant, ResponseCode, Rules};
use crate::rpc::TlsFiles;
use crate::upi::gateway::{PhotoPlacement, Proxy};
use crate::upi::key::Kid;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Everything an operator can set.
#[derive(Debug, Clone)]
pub struct Config {
    /// `server.*`
    pub server: ServerConfig,
    /// `upi.*`
    pub upi: UpiConfig,
    /// `member.*`
    pub member: Member,
    /// `merchant.*`
    pub merchant: Option<Merchant>,
    /// `validation.*`
    pub validation: Rules,
    /// `ledger.*`
    pub ledger: LedgerConfig,
    /// `telemetry.*`
    pub telemetry: TelemetryConfig,
}
/// Where a configuration comes from, weakest first.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// The environment; names without the prefix `IDPHOTO_` are ignored.
    pub environment: Vec<(String, String)>,
    /// `--set section.key=value` and flags that stand for it.
    pub overrides: Vec<(String, String)>,
    /// `serve --sandbox`: UPI's address, ids and keys, and the member may be left out.
    pub sandboxed: bool,
}

impl Config {
    /// Reads all sources; later ones win.
    ///
    /// # Errors
    /// Every bad key at once.
    pub fn load(sources: &Sources) -> Result<Self, ConfigErrors> {
        todo!()
    }
}

/// Everything that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bad configuration")]
pub struct ConfigErrors(Vec<String>);

/// `server.*`
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// default 127.0.0.1:50051
    pub listen: SocketAddr,
    /// default true
    pub reflection: bool,
    /// default 1048576
    pub max_message_bytes: usize,
    /// default 4096
    pub max_in_flight: usize,
    /// default "5s"; shorter than drain_timeout
    pub drain_delay: Duration,
    /// default "75s"
    pub drain_timeout: Duration,
    /// cert_file and key_file together
    pub tls: Option<TlsFiles>,
}
/// `upi.*`
#[derive(Debug, Clone)]
pub struct UpiConfig {
    /// required
    pub base_url: String,
    /// required
    pub request_path: String,
    /// required
    pub app_id: String,
    /// default "65s"
    pub timeout: Duration,
    /// default "5s"
    pub connect_timeout: Duration,
    /// "beside" (default) or "encrypted"
    pub photo_placement: PhotoPlacement,
    /// default false
    pub escape_solidus: bool,
    /// default "300s"
    pub clock_window: Duration,
    /// optional
    pub ca_file: Option<PathBuf>,
    /// optional, both or none: `upi.client_cert_file`, `upi.client_key_file`
    pub client_identity: Option<(PathBuf, PathBuf)>,
    /// `upi.proxy`: "none" (default), "environment", or a URL
    pub proxy: Proxy,
    /// `upi.signing.{kid,key_file,passphrase_file}`; `None` only in sandbox mode
    pub signing: Option<SigningFiles>,
    /// `upi.encryption.{kid,key_file}`; `None` only in sandbox mode
    pub encryption: Option<KeyFile>,
    /// `upi.verification`; empty only in sandbox mode
    pub verification: Vec<KeyFile>,
    /// `upi.response_codes`
    pub response_codes: BTreeMap<ResponseCode, Category>,
}
/// Our key.
#[derive(Debug, Clone)]
pub struct SigningFiles {
    /// kid
    pub kid: Kid,
    /// file
    pub key_file: PathBuf,
    /// passphrase, without trailing line break
    pub passphrase_file: Option<PathBuf>,
}
/// A key of UPI's.
#[derive(Debug, Clone)]
pub struct KeyFile {
    /// kid
    pub kid: Kid,
    /// file
    pub key_file: PathBuf,
}
/// `ledger.*`
#[derive(Debug, Clone)]
pub struct LedgerConfig {
    /// "memory:" (default, the only engine so far)
    pub url: String,
}
/// `telemetry.*`
#[derive(Debug, Clone)]
pub struct TelemetryConfig {
    /// `telemetry.log_level`: error, warn, info (default), debug, trace
    pub log_level: LogLevel,
    /// `telemetry.log_format`
    pub log_format: LogFormat,
}
/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogLevel {
    /// x
    Error,
    /// x
    Warn,
    /// x
    #[default]
    Info,
    /// x
    Debug,
    /// x
    Trace,
}
/// How it is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// for people
    #[default]
    Text,
    /// for machines
    Json,
}
