//! Where orders are remembered, and for how long.

use std::path::PathBuf;
use std::time::Duration;

use super::calendar::Calendar;
use super::fingerprint::FingerprintKey;
use super::url::{Url, UrlError};
use crate::domain::Secret;
use crate::verify::port::Cause;

/// Where orders are remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In this process; forgotten when it ends.
    Memory,
    /// In a file, for one gateway.
    Sqlite(PathBuf),
    /// In a PostgreSQL database, for any number of gateways: its URL, which holds no password.
    Postgres(String),
}

/// Why a text is no location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// Another scheme, or no path.
    #[error("expected {}", Location::EXPECTED)]
    Unexpected,
    /// It would be shown with the configuration.
    #[error("a password does not belong in the URL")]
    Password,
    /// TLS has keys of its own.
    #[error("TLS is not set in the URL")]
    Tls,
    /// A parameter of the URL that is not known.
    #[error("the URL has a parameter that is not known")]
    Parameter,
}

impl From<UrlError> for LocationError {
    fn from(error: UrlError) -> Self {
        match error {
            UrlError::Password => Self::Password,
            UrlError::Tls => Self::Tls,
            UrlError::Parameter => Self::Parameter,
            UrlError::Shape => Self::Unexpected,
        }
    }
}

impl Location {
    /// Continues "expected …".
    pub const EXPECTED: &'static str =
        "\"memory:\", \"sqlite:\" and the path of a file, or \"postgres://USER@HOST/DATABASE\"";

    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        if text == "memory:" {
            return Ok(Self::Memory);
        }
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() && !path.contains('\0') => {
                Ok(Self::Sqlite(path.into()))
            }
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                Url::parse(text)?;
                Ok(Self::Postgres(text.to_owned()))
            }
            _ => Err(LocationError::Unexpected),
        }
    }

    /// As [`Location::parse`] reads it.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Memory => "memory:".to_owned(),
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => url.clone(),
        }
    }
}

/// How long the texts and the journal of an ended order are kept. The order id stays for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing goes.
    Forever,
    /// So long after its end; at least a day.
    For(Duration),
}

/// What is set of a ledger.
pub struct Settings {
    /// Where orders are remembered.
    pub location: Location,
    /// IIN of the member on whose behalf orders are sent.
    pub member: String,
    /// For one step.
    pub timeout: Duration,
    /// After this an order in flight of another gateway is given up: longer than UPI is waited for.
    pub sweep_after: Duration,
    /// When the days and months of budgets begin: the same for all gateways.
    pub calendar: Calendar,
    /// Whether UPI's texts are recorded.
    pub keep_texts: bool,
    /// Keys of digests, that of new rows first.
    pub keys: Vec<FingerprintKey>,
    /// The way to PostgreSQL.
    pub postgres: PostgresSettings,
}

/// The way to PostgreSQL, but for its URL.
pub struct PostgresSettings {
    /// Whose user the URL names.
    pub password: Option<Secret<String>>,
    /// The only authorities of its certificate, PEM; without them the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// Whether it has to speak TLS.
    pub tls: bool,
    /// So many connections at most.
    pub connections: usize,
}

/// Why a ledger cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The operating system gave no random bytes for the key of digests.
    #[error("no key of digests can be made")]
    Random(#[from] getrandom::Error),
    /// The engine refuses.
    #[error("the ledger cannot be opened")]
    Engine(#[source] Cause),
}
