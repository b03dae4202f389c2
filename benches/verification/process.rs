//! The measured processes.

#![allow(dead_code, reason = "no benchmark uses all of it")]

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The name of the variant that is another build.
pub const BASELINE: &str = "baseline";

/// The build under test.
fn ours() -> Command {
    Command::new(env!("CARGO_BIN_EXE_idphoto"))
}

/// A child that is ended when it is dropped.
struct Process(Child);

impl Process {
    /// Starts a program that is `idphoto` in the end, and waits for lines that begin like these;
    /// their rests.
    fn start<const N: usize>(
        mut command: Command,
        args: &[String],
        expected: [&str; N],
    ) -> (Self, [String; N]) {
        let mut child = command
            .args(args)
            // Its port is a fixed one by default, and several gateways run at once.
            .env("IDPHOTO_ADMIN__LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // The log is part of what is measured; where it goes is not.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let rests = expected.map(|beginning| {
            let rest = lines.find_map(|line| {
                let line = line.unwrap();
                line.strip_prefix(beginning).map(str::to_owned)
            });
            rest.expect("the process ended early")
        });
        // The pipe stays open for whatever else is printed.
        std::thread::spawn(move || lines.for_each(drop));
        (Self(child), rests)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// UPI's side, in a process of its own.
pub struct Sandbox {
    pub url: String,
    folder: tempfile::TempDir,
    _process: Process,
}

impl Sandbox {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("keys");
        let args = ["sandbox", "--dir", dir.to_str().unwrap()].map(str::to_owned);
        let (process, [url]) = Process::start(ours(), &args, ["sandbox listening on "]);
        Self {
            url,
            folder,
            _process: process,
        }
    }

    fn configuration(&self) -> PathBuf {
        self.folder.path().join("keys/idphoto.toml")
    }
}

/// A gateway under measurement.
pub struct Gateway {
    pub name: String,
    pub address: String,
    admin: String,
    process: Process,
}

impl Gateway {
    pub fn start(sandbox: &Sandbox, name: String, settings: &[String]) -> Self {
        Self::run(ours(), sandbox, name, settings)
    }

    /// Of another build, perhaps, or on certain processors: `command` is what runs it.
    pub fn run(mut command: Command, sandbox: &Sandbox, name: String, settings: &[String]) -> Self {
        // The sandbox's configuration names one file, which is for one gateway.
        command.env("IDPHOTO_LEDGER__URL", "memory:");
        let configuration = sandbox.configuration();
        let mut args = ["serve", "--listen", "127.0.0.1:0", "--config"]
            .map(str::to_owned)
            .to_vec();
        args.push(configuration.to_str().unwrap().to_owned());
        let file = format!(
            "ledger.url=sqlite:{}/{name}.db",
            sandbox.folder.path().display()
        );
        // A build of before there were files does not know them.
        let named = settings.iter().any(|it| it.starts_with("ledger.url="));
        let ledger = (!named && name != BASELINE).then_some(file);
        for setting in settings.iter().chain(&ledger) {
            args.extend(["--set".to_owned(), setting.clone()]);
        }
        let expected = ["admin listening on ", "gRPC listening on "];
        let (process, [admin, address]) = Process::start(command, &args, expected);
        Self {
            name,
            address,
            admin,
            process,
        }
    }

    /// CPU time of all its threads, to the nanosecond. Threads that ended are forgotten;
    /// the runtime's workers never do.
    pub fn cpu(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.process.0.id())).unwrap();
        let nanoseconds = tasks.filter_map(|task| {
            let statistics = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
            statistics.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(nanoseconds.sum())
    }

    /// What the counters say that no collector got.
    pub async fn lost(&self) -> Vec<String> {
        let page = reqwest::get(format!("{}/metrics", self.admin))
            .await
            .unwrap();
        let page = page.text().await.unwrap();
        let lost = page
            .lines()
            .filter(|line| line.starts_with("idphoto_telemetry_lost_total"));
        lost.map(|line| {
            line.trim_start_matches("idphoto_telemetry_lost_total")
                .to_owned()
        })
        .collect()
    }

    /// From now on the peak is that of what comes.
    pub fn forget_peak(&self) {
        let path = format!("/proc/{}/clear_refs", self.process.0.id());
        std::fs::write(path, "5").unwrap();
    }

    /// KiB.
    pub fn peak_memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.process.0.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let line = line.unwrap().trim().trim_end_matches(" kB");
        line.parse().unwrap()
    }
}
