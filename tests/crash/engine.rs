//! The ledgers that last.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Once;

use tempfile::TempDir;

use crate::process::{Process, idphoto};
use crate::run::{COUNTED, Patience, Place, Run, miscounted, serve};
use crate::runtime;

pub trait Engine: Sync {
    fn name(&self) -> &'static str;

    /// The settings of a gateway whose files are in this folder.
    fn settings(&self, folder: &Path) -> Vec<String>;

    /// Whether a gateway that starts knows that what is in flight is nobody's.
    fn recovers(&self) -> bool;

    /// Looks at the runs again when there is time for everything, and tells what is wrong with the
    /// ledger then.
    fn rest(&self, upi: &Place, runs: &mut [Run]) -> Option<String>;
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

    fn rest(&self, _: &Place, _: &mut [Run]) -> Option<String> {
        None
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
            // Or orders of the dead are given up later.
            "ledger.timeout=2s".to_owned(),
        ]
    }

    fn recovers(&self) -> bool {
        false
    }

    fn rest(&self, upi: &Place, runs: &mut [Run]) -> Option<String> {
        runtime().block_on(self.settled(upi, runs));
        miscounted(upi, &self.settings(self.files.path()))
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

    async fn settled(&self, upi: &Place, runs: &mut [Run]) {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = self.settings(folder.path());
        settings.extend(COUNTED.map(str::to_owned));
        let gateway = Process::run(serve(upi, &settings, Patience::Quick));
        let address = gateway.wait_for("gRPC listening on ");
        for run in runs {
            run.ask_again(&address).await;
        }
    }
}
