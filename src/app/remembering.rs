//! The ledger's part of a configuration.

use std::path::Path;
use std::time::Duration;

use super::judge::Judge;
use super::read::to_passphrase;
use crate::config::Config;
use crate::domain::Secret;
use crate::ledger::{FingerprintKey, Location, PostgresSettings, Settings};

const KEYS: &str = "ledger.fingerprint_key_files";

/// Beside what UPI is waited for: between the claim and the call, and between its end and the
/// settlement.
const MARGIN: Duration = Duration::from_secs(10);

impl Judge<'_> {
    /// What the ledger starts with.
    pub(super) fn ledger(&mut self, config: &Config) -> Settings {
        let ledger = &config.ledger;
        let files = &ledger.fingerprint_key_files.0;
        let keys = files.iter().filter_map(|path| self.fingerprint_key(path));
        let keys: Vec<_> = keys.collect();
        if matches!(ledger.url, Location::Postgres(_)) && files.is_empty() {
            let text = "missing; ledger.url with PostgreSQL needs it";
            self.wrong(
                KEYS,
                text,
                "openssl rand -hex 32 makes a key; every gateway needs the same",
            );
        }
        let password = ledger.password_file.as_deref();
        let password = password.and_then(|path| self.ledger_password(path));
        let ca = self.authorities(("ledger.ca_file", &ledger.ca_file));
        Settings {
            location: ledger.url.clone(),
            member: config.member.iin.clone(),
            timeout: ledger.timeout,
            sweep_after: config.upi.timeout + ledger.timeout + MARGIN,
            keep_texts: ledger.keep_texts,
            keys,
            postgres: PostgresSettings {
                password,
                ca_pem: ca.map(|pem| pem.to_vec()),
                tls: ledger.tls,
                connections: ledger.connections,
            },
        }
    }

    fn fingerprint_key(&mut self, path: &Path) -> Option<FingerprintKey> {
        let bytes = self.read(KEYS, path)?;
        let key = FingerprintKey::parse(&bytes);
        if key.is_none() {
            self.wrong(
                KEYS,
                "is not 64 hex digits",
                "openssl rand -hex 32 makes a key",
            );
        }
        key
    }

    fn ledger_password(&mut self, path: &Path) -> Option<Secret<String>> {
        const KEY: &str = "ledger.password_file";
        let bytes = self.read(KEY, path)?;
        let password = to_passphrase(bytes);
        password
            .map_err(|_| {
                self.wrong(
                    KEY,
                    "is not UTF-8 text",
                    "name a file with the password alone",
                )
            })
            .ok()
    }
}
