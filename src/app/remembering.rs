//! The ledger's part of a configuration.

use std::path::Path;
use std::time::Duration;

use super::judge::Judge;
use super::read::to_passphrase;
use crate::config::{self, Config, Problem, Problems, Survey};
use crate::domain::{Budget, CallerName, Secret};
use crate::ledger::{FingerprintKey, Keep, Location, PostgresSettings, Settings};

const KEYS: &str = "ledger.fingerprint_key_files";

/// Beside what UPI is waited for: between the claim and the call, and between its end and the
/// settlement.
const MARGIN: Duration = Duration::from_secs(10);

/// The ledger's part of a configuration alone: for commands that need neither UPI's keys nor a
/// gateway's ports. What is wrong with other keys is not looked at.
///
/// # Errors
/// Every bad, unknown and missing key at once, the others' aside.
pub fn remember(survey: &Survey) -> Result<Remembering, Problems> {
    let mut judge = Judge::new(&survey.read);
    let remembering = survey.draft().map(|config| Remembering {
        settings: judge.kept_orders(config),
        keep: config.ledger.keep,
        keyed: !config.ledger.fingerprint_key_files.0.is_empty(),
        callers: callers(config),
    });
    let problems = judge.problems.into_iter();
    let problems: Vec<_> = problems.filter(concerns_ledger).collect();
    remembering
        .filter(|_| problems.is_empty())
        .ok_or_else(|| Problems::of(survey.read.sorted(problems)))
}

fn callers(config: &Config) -> Vec<(CallerName, Budget)> {
    let entries = config.callers.callers.iter().flatten();
    entries
        .map(|entry| (entry.name.clone(), entry.budget()))
        .collect()
}

/// What commands need to know of a ledger.
pub struct Remembering {
    /// Where it is; without keys of digests.
    pub settings: Settings,
    /// How long texts are kept.
    pub keep: Keep,
    /// Whether files with keys of digests are named.
    pub keyed: bool,
    /// Who may call, and how many verifications may be sent for each.
    pub callers: Vec<(CallerName, Budget)>,
}

/// A file that cannot be read and a key that nobody has concern everybody.
fn concerns_ledger(problem: &Problem) -> bool {
    let place = problem.place.split('[').next().unwrap_or_default();
    let ours = place == "member.iin" || place.starts_with("ledger.");
    ours || !config::keys().any(|key| key.path() == place)
}

impl Judge<'_> {
    /// What the ledger starts with.
    pub(super) fn ledger(&mut self, config: &Config) -> Settings {
        let keys = self.fingerprint_keys(config);
        Settings {
            keys,
            ..self.kept_orders(config)
        }
    }

    fn fingerprint_keys(&mut self, config: &Config) -> Vec<FingerprintKey> {
        let files = &config.ledger.fingerprint_key_files.0;
        if matches!(config.ledger.url, Location::Postgres(_)) && files.is_empty() {
            let text = "missing; ledger.url with PostgreSQL needs it";
            self.wrong(
                KEYS,
                text,
                "openssl rand -hex 32 makes a key; every gateway needs the same",
            );
        }
        let keys = files.iter().filter_map(|path| self.fingerprint_key(path));
        keys.collect()
    }

    /// Everything but the keys, by which contents are told apart: to look at orders and to copy
    /// them needs none.
    fn kept_orders(&mut self, config: &Config) -> Settings {
        let ledger = &config.ledger;
        let password = ledger.password_file.as_deref();
        let password = password.and_then(|path| self.ledger_password(path));
        let ca = self.authorities(("ledger.ca_file", &ledger.ca_file));
        Settings {
            location: ledger.url.clone(),
            member: config.member.iin.clone(),
            timeout: ledger.timeout,
            sweep_after: config.upi.timeout + ledger.timeout + MARGIN,
            calendar: ledger.budget_time_zone.clone(),
            keep_texts: ledger.keep_texts,
            keys: Vec::new(),
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
