//! The gateways of the table, each in a process of its own.

use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use tonic::transport::Certificate;

use crate::bench::Bench;
use crate::collector::Collectors;
use crate::gateway::Gateway;
use crate::machine::Cores;
use crate::process::OURS;
use crate::upi::Upi;

/// By what it differs from the defaults.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No gateway: its libraries alone.
    Libraries,
    Memory,
    Sqlite,
    Postgres,
    Tls,
    Export,
    TwoCores,
}

/// glibc keeps what is freed, as the gateway's allocator does.
const KEEPING: [(&str, &str); 2] = [
    ("MALLOC_MMAP_THRESHOLD_", "33554432"),
    ("MALLOC_TRIM_THRESHOLD_", "1073741824"),
];

pub struct Fleet {
    gateways: Vec<(Kind, Gateway)>,
    _collectors: Collectors,
}

impl Fleet {
    pub async fn start(bench: &Bench) -> Self {
        let collectors = Collectors::start().await;
        let export = collectors.fill_in("telemetry.otlp.endpoint={collector}");
        let memory = || "ledger.url=memory:".to_owned();
        let start = |name, settings: &[String]| bench.gateway(OURS, Cores::One, name, settings);
        let mut gateways = vec![
            (Kind::Memory, start("memory", &[memory()])),
            (Kind::Sqlite, start("sqlite", &[])),
            (Kind::Export, start("export", &[memory(), export])),
            (Kind::Tls, tls(bench, memory())),
            (Kind::Libraries, libraries(bench).await),
        ];
        if bench.machine.apart {
            let two = bench.gateway(OURS, Cores::Two, "two cores", &[]);
            gateways.push((Kind::TwoCores, two));
        }
        if let Ok(url) = std::env::var("IDPHOTO_TEST_POSTGRES") {
            gateways.push((Kind::Postgres, postgres(bench, &url)));
        }
        Self {
            gateways,
            _collectors: collectors,
        }
    }

    pub fn get(&self, kind: Kind) -> Option<&Gateway> {
        let mut gateways = self.gateways.iter();
        gateways.find_map(|(its, gateway)| (*its == kind).then_some(gateway))
    }
}

/// This program once more.
async fn libraries(bench: &Bench) -> Gateway {
    let program = std::env::current_exe().unwrap();
    let mut command = bench.machine.command(program.to_str().unwrap(), Cores::One);
    command.env("IDPHOTO_UPI__BASE_URL", Upi::parrot().await.url);
    command.envs(KEEPING);
    Gateway::run(command, &bench.sandbox, "libraries".to_owned(), &[])
}

fn tls(bench: &Bench, memory: String) -> Gateway {
    let names = ["localhost".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let folder = bench.sandbox.folder();
    let settings = [
        memory,
        file(folder, "server.tls.cert_file", &made.cert.pem()),
        file(
            folder,
            "server.tls.key_file",
            &made.signing_key.serialize_pem(),
        ),
    ];
    let gateway = bench.gateway(OURS, Cores::One, "tls", &settings);
    gateway.trusted_by(Certificate::from_pem(made.cert.pem()))
}

/// Its tables are made first.
fn postgres(bench: &Bench, url: &str) -> Gateway {
    let folder = bench.sandbox.folder();
    let password = std::env::var("IDPHOTO_TEST_POSTGRES_PASSWORD").unwrap();
    let key = file(folder, "key", &"0".repeat(64));
    let (_, key) = key.split_once('=').unwrap();
    let settings = [
        format!("ledger.url={url}"),
        "ledger.tls=false".to_owned(),
        format!("ledger.fingerprint_key_files=[{key:?}]"),
        file(folder, "ledger.password_file", &password),
    ];
    let mut migrate = Command::new(OURS);
    migrate.args(["ledger", "migrate", "--config"]);
    migrate.arg(bench.sandbox.configuration());
    for setting in &settings {
        migrate.args(["--set", setting]);
    }
    assert!(migrate.output().unwrap().status.success());
    bench.gateway(OURS, Cores::One, "postgres", &settings)
}

/// The setting that names a file with this text, which its owner alone may read.
fn file(folder: &Path, key: &str, text: &str) -> String {
    let path = folder.join(key);
    write(&path, text).unwrap();
    set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    format!("{key}={}", path.display())
}
