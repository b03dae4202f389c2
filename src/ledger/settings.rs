//! Where orders are remembered, and for how long.

use std::path::PathBuf;
use std::time::Duration;

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
                let authority = rest.split('/').nth(2).unwrap_or_default();
                let user = authority.rsplit_once('@').map(|(user, _)| user);
                if user.is_some_and(|user| user.contains(':')) || rest.contains("password=") {
                    return Err(LocationError::Password);
                }
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
