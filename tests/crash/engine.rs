//! The ledgers that last.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Once;

use idphoto::pb::VerificationState;
use tempfile::TempDir;

use crate::process::{Process, client, idphoto};
use crate::requests::get;
use crate::run::{Patience, Run, miscounted, posts, serve};
use crate::runtime;
use crate::wait::found;

pub trait Engine: Sync {
    fn name(&self) -> &'static str;

    /// The settings of a gateway whose files are in this folder.
    fn settings(&self, folder: &Path) -> Vec<String>;

    /// Whether a gateway that starts knows that what is in flight is nobody's.
    fn recovers(&self) -> bool;

    /// What is wrong when there was time for everything.
    fn rest(&self, runs: &[Run]) -> Vec<String>;
}

/// A file for each run.
pub struct Sqlite;

impl Engine for Sqlite {
    fn name(&self) -> &'static str {
        "SQLite"
    }

    fn settings(&self, folder: &Path) -> Vec<String> {
        let file = folder.join("ledger.db");
        vec![format!("ledger.url=sqlite:{}", file.display())]
    }

    fn recovers(&self) -> bool {
        true
    }

    fn rest(&self, _: &[Run]) -> Vec<String> {
        Vec::new()
    }
}

static MIGRATED: Once = Once::new();

/// One database for all runs, with a gateway that lives through all of them and sweeps.
pub struct Postgres {
    url: String,
    files: TempDir,
}

impl Postgres {
    /// The one that `scripts/postgres.sh` started.
    pub fn find() -> Option<Self> {
        let url = std::env::var("IDPHOTO_TEST_POSTGRES").ok()?;
        let password = std::env::var("IDPHOTO_TEST_POSTGRES_PASSWORD").unwrap();
        let files = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = files.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        };
        write("password", &password);
        write("key", &"7".repeat(64));
        let postgres = Self { url, files };
        // One of two at the same time would be refused.
        MIGRATED.call_once(|| postgres.migrate());
        Some(postgres)
    }
}

impl Engine for Postgres {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn settings(&self, _: &Path) -> Vec<String> {
        let path = |name| self.files.path().join(name).display().to_string();
        vec![
            format!("ledger.url={}", self.url),
            format!("ledger.password_file={}", path("password")),
            format!("ledger.fingerprint_key_files=[\"{}\"]", path("key")),
            "ledger.tls=false".to_owned(),
        ]
    }

    fn recovers(&self) -> bool {
        false
    }

    /// Everybody was given up whose gateway died.
    fn rest(&self, runs: &[Run]) -> Vec<String> {
        let mut broken = runtime().block_on(self.given_up(runs));
        if let Some(run) = runs.first() {
            broken.extend(miscounted(&run.upi, &self.settings(self.files.path())));
        }
        broken
    }
}

impl Postgres {
    fn migrate(&self) {
        let mut command = idphoto(&["ledger", "migrate", "--sandbox"]);
        for setting in self.settings(self.files.path()) {
            command.args(["--set", &setting]);
        }
        let done = command.output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    async fn given_up(&self, runs: &[Run]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let Some(upi) = runs.first().map(|run| run.upi.clone()) else {
            return Vec::new();
        };
        let settings = self.settings(folder.path());
        let gateway = Process::run(serve(&upi, &settings, Patience::Quick));
        let client = client(&gateway.wait_for("gRPC listening on "));
        let mut broken = Vec::new();
        for run in runs {
            for (order, _) in &run.plan.orders {
                let look = async || {
                    let found = client.clone().get_verification(get(order)).await;
                    let state = found.unwrap().into_inner().state();
                    (state != VerificationState::InFlight).then_some(state)
                };
                let state = found("the order is given up", look).await;
                let posts = posts(&upi.url, order).await;
                if state == VerificationState::NotSent && posts > 0 {
                    broken.push(format!("seed {}: {order} is free", run.plan.seed));
                }
            }
        }
        broken
    }
}
