//! A disk that is full and a file that cannot grow, under a gateway that works: before an order is
//! sent, and after.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use tonic::Code;

use crate::process::{Gateway, Process, idphoto};
use crate::requests::{request, row};
use crate::wait::until;

/// Bytes of the disk: enough for the start, and soon full.
const SIZE: &str = "2m";

/// A gateway whose ledger is on a disk of its own, in memory: it sees that alone, and the disk goes
/// with it. Root or not, where the system lets users have name spaces.
struct Small {
    gateway: Gateway,
    folder: TempDir,
}

impl Small {
    /// None where the system gives nobody a name space, as in some containers: then a file that
    /// cannot grow is all there is. CI has to have it.
    fn start() -> Option<Self> {
        let mut attempt = Command::new("unshare");
        let attempt = attempt
            .args(["--mount", "--map-root-user", "true"])
            .status();
        if !attempt.is_ok_and(|it| it.success()) {
            assert!(
                std::env::var_os("CI").is_none(),
                "no disk of its own can be had"
            );
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let disk = folder.path().to_str().unwrap();
        let script =
            format!("mount -t tmpfs -o size={SIZE},mode=0700 ledger {disk} && exec \"$0\" \"$@\"");
        let mut command = Command::new("unshare");
        command.args(["--mount", "--map-root-user", "sh", "-c", &script]);
        let url = format!("ledger.url=sqlite:{disk}/ledger.db");
        Some(Self {
            gateway: start(command, &url),
            folder,
        })
    }

    /// A file of the disk, as it is found from here.
    fn path(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().strip_prefix("/").unwrap();
        Path::new("/proc")
            .join(self.gateway.process.id().to_string())
            .join("root")
            .join(folder)
            .join(name)
    }

    fn fill(&self) {
        let mut filler = File::create(self.path("filler")).unwrap();
        let error = loop {
            if let Err(error) = filler.write_all(&[0; 4096]) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }

    fn free(&self) {
        std::fs::remove_file(self.path("filler")).unwrap();
    }

    /// The states of orders, by a copy of the files.
    fn state(&self, order_id: &str) -> Option<String> {
        let copy = tempfile::tempdir().unwrap();
        for name in ["ledger.db", "ledger.db-wal"] {
            std::fs::copy(self.path(name), copy.path().join(name)).unwrap();
        }
        let connection = rusqlite::Connection::open(copy.path().join("ledger.db")).unwrap();
        let state = "SELECT state FROM orders WHERE order_id = ?1";
        connection
            .query_row(state, [order_id], |row| row.get(0))
            .ok()
    }
}

/// `serve --sandbox` by a command that begins otherwise.
fn start(mut command: Command, url: &str) -> Gateway {
    let plain = idphoto(&["serve", "--sandbox", "--listen", "127.0.0.1:0"]);
    command.arg(plain.get_program()).args(plain.get_args());
    command.args(["--set", url, "--set", "ledger.timeout=30s"]);
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let process = Process::run(command);
    Gateway {
        upi: process.wait_for("sandbox listening on "),
        address: process.wait_for("gRPC listening on "),
        process,
    }
}

/// It is refused and not sent; which order.
async fn refused(gateway: &Gateway) {
    let request = request("sandbox:confidence=42");
    let order_id = request.order_id.clone();
    let error = gateway.client().verify_id_photo(request).await.unwrap_err();
    let (code, reason, dispatch, _) = row(&error);
    assert_eq!(code, Code::Unavailable, "{error:?}");
    assert_eq!((&*reason, &*dispatch), ("LEDGER_UNAVAILABLE", "NOT_SENT"));
    assert_eq!(gateway.posts(&order_id).await, 0);
}

async fn is_answered(gateway: &Gateway) -> bool {
    let request = request("sandbox:confidence=42");
    gateway.client().verify_id_photo(request).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_while_the_disk_is_full_and_it_goes_on_by_itself() {
    let Some(small) = Small::start() else { return };
    let gateway = &small.gateway;
    assert!(is_answered(gateway).await);
    small.fill();
    refused(gateway).await;
    gateway.process.prints("the ledger cannot be written").await;
    refused(gateway).await;
    small.free();
    until("it goes on", async || is_answered(gateway).await).await;
    gateway.process.prints("the ledger can be written").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_reaches_its_caller_over_a_full_disk_and_is_recorded_when_there_is_room() {
    let Some(small) = Small::start() else { return };
    let gateway = &small.gateway;
    let request = request("sandbox:delay=1s,confidence=42");
    let order_id = request.order_id.clone();
    let mut client = gateway.client();
    let call = tokio::spawn(async move { client.verify_id_photo(request).await });
    gateway.sent(&order_id).await;
    small.fill();
    let answer = call.await.unwrap().unwrap().into_inner();
    assert!(!answer.replayed);
    gateway
        .process
        .prints("the end of an order could not be recorded; tried again")
        .await;
    assert_eq!(small.state(&order_id).as_deref(), Some("SENDING"));
    small.free();
    let recorded = async || small.state(&order_id).as_deref() == Some("ANSWERED");
    until("the end is recorded", recorded).await;
    assert_eq!(gateway.posts(&order_id).await, 1);
}

/// The limit of the size of files: writes fail with an error that is no full disk.
fn limit_files(gateway: &Gateway, most: &str) {
    let pid = gateway.process.id().to_string();
    let limit = format!("--fsize={most}:");
    let limited = Command::new("prlimit")
        .args(["--pid", &pid, &limit])
        .status();
    assert!(limited.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_while_no_file_can_grow_and_it_goes_on_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    // The signal would end the process.
    command.args(["-c", "trap '' XFSZ && exec \"$0\" \"$@\""]);
    let url = format!("ledger.url=sqlite:{}/ledger.db", folder.path().display());
    let gateway = start(command, &url);
    assert!(is_answered(&gateway).await);
    limit_files(&gateway, "1");
    refused(&gateway).await;
    gateway.process.prints("the ledger cannot be written").await;
    limit_files(&gateway, "unlimited");
    until("it goes on", async || is_answered(&gateway).await).await;
}
