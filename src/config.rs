//! What an operator can set: a TOML file, then the environment, then the command line.
//!
//! Every key is one [`Field`](field::Field): its path, its kind, its default, its place in
//! [`Config`] and a sentence about it. Reading, the check for unknown keys, `config print`,
//! and the tests of `idphoto.example.toml` and `docs/configuration.md` all go by that
//! description.
//!
//! No value is ever part of an error: an operator may have pasted a passphrase where a path
//! belongs.

mod admin;
mod error;
mod field;
mod file;
mod kind;
mod ledger;
mod party;
mod placeholder;
mod print;
mod reader;
mod schema;
mod server;
mod source;
mod survey;
mod telemetry;
mod upi;
mod validation;
mod value;
mod warning;

use std::fmt;

use crate::domain::{FreeText, IdNumberRule, Member, Merchant, NameRule, PhotoLimits, Rules};

pub use admin::AdminConfig;
pub use error::{ConfigErrors, Origin, Problem};
pub use field::Reference;
pub use ledger::LedgerConfig;
pub use schema::reference;
pub use server::ServerConfig;
pub use source::Sources;
pub use survey::Survey;
pub use telemetry::{LogFormat, LogLevel, OtlpConfig, TelemetryConfig};
pub use upi::{KeyDraft, KeyFile, SigningFiles, UpiConfig, UpiDraft};

use reader::Reader;

/// When `validation.*` is bad itself, names of members and merchants are not held against it.
const LENIENT: Rules = Rules {
    free_text: FreeText::Unicode,
    name: NameRule::Any,
    id_number: IdNumberRule::Lax,
    photo: PhotoLimits {
        min_side: 1,
        max_side: u32::MAX,
    },
};

/// Everything an operator can set, checked. No file that it names has been opened.
#[derive(Clone)]
pub struct Config {
    /// `server.*`: the gRPC port.
    pub server: ServerConfig,
    /// `admin.*`: the port for those who run the gateway.
    pub admin: AdminConfig,
    /// `upi.*`: the way to UPI.
    pub upi: UpiConfig,
    /// `member.*`: on whose behalf UPI is asked.
    pub member: Member,
    /// `merchant.*`: the merchant of requests that name none.
    pub merchant: Option<Merchant>,
    /// `validation.*`: readings of a source that is silent or contradicts itself.
    pub validation: Rules,
    /// `ledger.*`: where orders are remembered.
    pub ledger: LedgerConfig,
    /// `telemetry.*`: what is logged, and how.
    pub telemetry: TelemetryConfig,
}

impl Config {
    /// Reads all sources. A key's value comes from the last source that has it; a later
    /// list or table replaces an earlier one as a whole.
    ///
    /// # Errors
    /// Every bad, unknown and missing key at once.
    pub fn load(sources: &Sources) -> Result<Self, ConfigErrors> {
        let mut reader = Reader::open(sources);
        let server = server::read(&mut reader);
        let admin = admin::read(&mut reader);
        let upi = upi::read(&mut reader);
        let validation = validation::read(&mut reader);
        let rules = validation.clone().unwrap_or(LENIENT);
        let member = party::member(&mut reader, &rules);
        let merchant = party::merchant(&mut reader, &rules);
        let ledger = ledger::read(&mut reader);
        let telemetry = telemetry::read(&mut reader);
        match (server, admin, upi, validation, member, ledger, telemetry) {
            (
                Some(server),
                Some(admin),
                Some(upi),
                Some(validation),
                Some(member),
                Some(ledger),
                Some(telemetry),
            ) if reader.is_clean() => Ok(Self {
                server,
                admin,
                upi,
                member,
                merchant,
                validation,
                ledger,
                telemetry,
            }),
            _ => Err(reader.into_errors()),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.print())
    }
}
