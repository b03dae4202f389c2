//! The measured processes: how they start and end, and what the kernel says of them.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The build under test.
pub const OURS: &str = env!("CARGO_BIN_EXE_idphoto");

/// A child that is ended when it is dropped.
pub struct Process(Child);

impl Process {
    /// Starts a program that is `idphoto` in the end, and waits for lines that begin like these;
    /// their rests.
    pub fn start<const N: usize>(
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

    pub fn cpu(&self) -> Duration {
        cpu(&self.0.id().to_string())
    }

    /// From now on the peak is that of what comes.
    pub fn forget_peak(&self) {
        let path = format!("/proc/{}/clear_refs", self.0.id());
        std::fs::write(path, "5").unwrap();
    }

    /// `VmHWM` or `VmRSS`, in KiB.
    pub fn memory(&self, name: &str) -> u64 {
        let path = format!("/proc/{}/status", self.0.id());
        let status = std::fs::read_to_string(path).unwrap();
        let lines = status.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = lines.into_iter().find(|(key, _)| *key == name).unwrap();
        value.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// CPU time of all threads of a process, to the nanosecond. Threads that ended are forgotten;
/// a runtime's workers never do.
pub fn cpu(pid: &str) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let nanoseconds = tasks.filter_map(|task| {
        let statistics = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        statistics.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}

/// UPI's side, in a process of its own, and the files of its members.
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
        let command = Command::new(OURS);
        let (process, [url]) = Process::start(command, &args, ["sandbox listening on "]);
        Self {
            url,
            folder,
            _process: process,
        }
    }

    pub fn configuration(&self) -> PathBuf {
        self.folder.path().join("keys/idphoto.toml")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}
