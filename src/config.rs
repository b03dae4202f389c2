//! What an operator can set: a TOML file, then the environment, then the command line.
//!
//! Every key is one row in the table of its section, `section!`: its name, its type, its value
//! when it is absent, its limits and a sentence about it. The struct, the reading, `config print`
//! and `config schema` come from it, and from the schema `idphoto.example.toml` and the reference
//! in `docs/configuration.md` (`make docs`). The registry (`key`, `setting`, `reader`, `source`,
//! `file`) knows no section.
//!
//! No value is ever part of an error: an operator may have pasted a passphrase where a path
//! belongs.

mod admin;
mod agreement;
mod auth;
mod callers;
mod file;
mod item;
mod key;
mod ledger;
mod party;
mod problem;
mod reader;
mod schema;
mod server;
mod setting;
mod settings;
mod socket;
mod source;
mod survey;
mod telemetry;
mod tree;
mod upi;
mod validation;
mod value;
mod warning;

pub use admin::AdminConfig;
pub use auth::{AuthConfig, JwtConfig};
pub use callers::{CallerEntry, CallersConfig};
pub use key::Key;
pub use ledger::{LedgerConfig, Paths};
pub use party::{MemberConfig, MerchantConfig};
pub use problem::{Origin, Problem, Problems};
pub use reader::Reader;
pub use schema::schema;
pub use server::{ServerConfig, ServerTls};
pub use socket::Mode;
pub use source::Sources;
pub use survey::Survey;
pub use telemetry::{OtlpConfig, TelemetryConfig};
pub use tree::{Config, keys};
pub use upi::{
    EncryptionConfig, KeyDraft, KeyFile, NextSigningConfig, NextSigningTokenConfig, SigningConfig,
    SigningTokenConfig, TokenDraft, UpiConfig,
};
pub use validation::ValidationConfig;
