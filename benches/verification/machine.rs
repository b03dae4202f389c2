//! The machine: its name for the report, and who runs on which of its processors.

use std::process::Command;

use serde_json::{Value, json};

/// How many processors a gateway has for itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cores {
    One,
    Two,
}

pub struct Machine {
    cpu: String,
    pub cores: usize,
    kernel: String,
    /// Runnable processes of the minute before, which disturb.
    load: String,
    /// The load is on processors of its own, and so is a gateway with one core.
    pub apart: bool,
}

impl Machine {
    /// Moves this process, which is the load and UPI, away from where gateways will be: they have
    /// the second processor, or the second and the third.
    pub fn take() -> Self {
        let cores = std::thread::available_parallelism().unwrap().get();
        let ours: Vec<_> = (0..cores).filter(|core| ![1, 2].contains(core)).collect();
        let ours = ours.iter().map(usize::to_string).collect::<Vec<_>>();
        let pid = std::process::id().to_string();
        let pin = ["--all-tasks", "--pid", "--cpu-list", &ours.join(","), &pid];
        let apart = cores > 1 && taskset(&["--cpu-list", "1", "true"]) && taskset(&pin);
        Self {
            cpu: cpu_model(),
            cores,
            kernel: read("/proc/sys/kernel/osrelease"),
            load: read("/proc/loadavg").split(' ').take(1).collect(),
            apart,
        }
    }

    /// What runs a build on so many processors.
    pub fn command(&self, binary: &str, cores: Cores) -> Command {
        if !self.apart {
            return Command::new(binary);
        }
        let list = match cores {
            Cores::One => "1",
            Cores::Two if self.shares() => "0,1",
            Cores::Two => "1,2",
        };
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", list, binary]);
        command
    }

    /// Whether a gateway with two cores shares one of them with the load.
    pub const fn shares(&self) -> bool {
        self.cores < 3
    }

    pub fn json(&self) -> Value {
        json!({
            "cpu": self.cpu,
            "cores": self.cores,
            "kernel": self.kernel,
            "load": self.load,
            "apart": self.apart,
        })
    }

    pub fn describe(&self) -> String {
        let Self {
            cpu,
            cores,
            kernel,
            load,
            ..
        } = self;
        let places = match (self.apart, self.shares()) {
            (false, _) => "gateways, load and UPI share all cores",
            (true, true) => {
                "gateways on one core, load and UPI on the other; with two cores the gateway shares the load's"
            }
            (true, false) => "gateways, and load and UPI, on cores of their own",
        };
        format!("{cpu}, {cores} cores, Linux {kernel}, load {load} before; {places}")
    }
}

fn taskset(arguments: &[&str]) -> bool {
    let output = Command::new("taskset").args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

fn cpu_model() -> String {
    let text = read("/proc/cpuinfo");
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let named = lines.find(|(key, _)| key.trim() == "model name");
    named.map_or_else(
        || std::env::consts::ARCH.to_owned(),
        |(_, name)| name.trim().to_owned(),
    )
}

fn read(path: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.trim().to_owned()
}
