//! Why no gateway works with a database.

use std::sync::Arc;

use super::certainty::Fault;
use super::schema::KNOWN;
use super::tls::TlsError;
use crate::ledger::settings::OpenError;
use crate::ledger::url::UrlError;

/// Why a database is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Its URL.
    #[error("ledger.url: {0}")]
    Url(#[from] UrlError),
    /// The way to it.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// It, or the way to it.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Every gateway needs the same.
    #[error("ledger.fingerprint_key_files names no key")]
    NoKey,
    /// Nobody made it.
    #[error("the database has no schema: run idphoto ledger migrate")]
    NoSchema,
    /// An older program made it.
    #[error(
        "the schema has version {found}, and this program needs {}: run idphoto ledger migrate",
        KNOWN
    )]
    OldSchema {
        /// Of the database.
        found: i64,
    },
    /// A newer program made it.
    #[error(
        "the schema has version {found}, and this program knows {} alone: run a newer one",
        KNOWN
    )]
    NewSchema {
        /// Of the database.
        found: i64,
    },
    /// It confirms what it may forget.
    #[error("PostgreSQL has {setting} = off: it would forget orders, which could be sent again")]
    Forgetful {
        /// The setting.
        setting: &'static str,
    },
    /// The library of migrations.
    #[error("the schema cannot be brought up to date")]
    Migration(#[from] Box<refinery::Error>),
}

impl From<Refusal> for OpenError {
    fn from(refusal: Refusal) -> Self {
        Self::Engine(Arc::new(refusal))
    }
}
