//! Many callers at once, and more than there is room for.
//!
//! ```sh
//! cargo bench --bench burst                    # all rows
//! cargo bench --bench burst -- burst           # or some: burst, overload
//! BASELINE=/path/to/idphoto cargo bench --bench burst     # and another build beside it
//! ```
//!
//! Burst: 2,000 calls at once, and UPI takes five seconds. Overload: calls come at a fixed rate,
//! however many are under way (an open loop), and times count from the moment a call was due. UPI
//! takes 50 ms. The rate is a multiple of the capacity, which is what the same gateway does for 64
//! callers in a closed loop, in the same run. *Goodput* is answers for each second in the second
//! half of the row. Health is asked 40 times a second over a connection of its own.
//!
//! Each row has a fresh gateway, on a processor of its own where there are two; callers and UPI
//! share the other. All photos have the largest size.
//!
//! Two cores, November 2026. The baseline has 512 places for bodies, for which calls wait 5 s.
//!
//! | 2,000 at once over | answered, of the baseline | now | health p99 | now | peak | now |
//! |---|---|---|---|---|---|---|
//! | 1 connection | 763 | 2,000 | 80 ms | 9 ms | 221 MB | 394 MB |
//! | 2 | 1,622 | 2,000 | 68 ms | 15 ms | 445 MB | 349 MB |
//! | 8 | 1,188 | 2,000 | 200 ms | 30 ms | 277 MB | 341 MB |
//! | 32 | 2,000 | 2,000 | 1,439 ms | 52 ms | 635 MB | 451 MB |
//!
//! | load, connections | goodput ÷ capacity | now | refusal p99 | now | health p99 | now |
//! |---|---|---|---|---|---|---|
//! | 1.1, 4 | 1.00 | 0.92 | | | 234 ms | 15 ms |
//! | 1.1, 32 | 0.97 | 0.84 | | | 1,502 ms | 84 ms |
//! | 2, 4 | 0.94 | 0.89 | 5,292 ms | 34 ms | 251 ms | 19 ms |
//! | 2, 32 | 0.96 | 0.89 | 6,360 ms | 113 ms | 2,027 ms | 59 ms |
//!
//! At ten times the capacity the callers of this benchmark are late themselves (0.3 to 1.6 s), and
//! runs differ: goodput was 0.14 to 0.89 of the capacity, and next to nothing for the baseline.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark reports by printing, and fails by panicking"
)]

#[path = "burst/callers.rs"]
mod callers;
#[path = "verification/photo.rs"]
mod photo;
#[path = "verification/process.rs"]
mod process;
#[path = "burst/tally.rs"]
mod tally;
#[path = "burst/upi.rs"]
mod upi;

use std::process::Command;
use std::time::Duration;

use callers::Callers;
use photo::Photo;
use process::{Gateway, Sandbox};
use tally::Tally;
use upi::Upi;

const BURST: usize = 2_000;
const SLOW: Duration = Duration::from_secs(5);
const QUICK: Duration = Duration::from_millis(50);
const OVERLOAD: Duration = Duration::from_secs(8);

fn main() {
    let apart = std::thread::available_parallelism().unwrap().get() > 1 && pin();
    let chosen: Vec<_> = std::env::args().skip(1).collect();
    let wanted = |name: &str| {
        let mut names = chosen.iter().filter(|argument| !argument.starts_with('-'));
        names.clone().next().is_none() || names.any(|chosen| chosen == name)
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let bench = Bench::new(apart).await;
        if wanted("burst") {
            bench.bursts().await;
        }
        if wanted("overload") {
            bench.overload().await;
        }
    });
}

/// Callers and UPI to the first processor, whatever they start.
fn pin() -> bool {
    let pid = std::process::id().to_string();
    let taskset = Command::new("taskset")
        .args(["--all-tasks", "--pid", "--cpu-list", "0", &pid])
        .output();
    taskset.is_ok_and(|output| output.status.success())
}

struct Bench {
    sandbox: Sandbox,
    upi: Upi,
    photo: Photo,
    builds: Vec<(&'static str, String)>,
    apart: bool,
}

impl Bench {
    async fn new(apart: bool) -> Self {
        let sandbox = Sandbox::start();
        let upi = Upi::start(&sandbox.url).await;
        let mut builds = vec![("now", env!("CARGO_BIN_EXE_idphoto").to_owned())];
        if let Ok(baseline) = std::env::var("BASELINE") {
            builds.insert(0, ("baseline", baseline));
        }
        Self {
            sandbox,
            upi,
            photo: Photo::largest(),
            builds,
            apart,
        }
    }

    fn gateway(&self, (name, binary): &(&str, String)) -> Gateway {
        let mut command = if self.apart {
            let mut command = Command::new("taskset");
            command.args(["--cpu-list", "1", binary]);
            command
        } else {
            Command::new(binary)
        };
        command.env("IDPHOTO_UPI__BASE_URL", &self.upi.url);
        Gateway::run(command, &self.sandbox, (*name).to_owned(), &[])
    }

    async fn bursts(&self) {
        println!("2,000 calls at once, UPI takes 5 s");
        println!("connections  build     {}", Tally::HEAD);
        for connections in [1, 2, 8, 32] {
            for build in &self.builds {
                let gateway = self.gateway(build);
                self.upi.takes(SLOW);
                let callers = Callers::connect(&gateway, &self.photo, connections).await;
                let tally = callers.at_once(BURST).await;
                println!("{connections:11}  {:8}  {}", build.0, tally.line(&gateway));
            }
        }
    }

    async fn overload(&self) {
        println!("calls at a fixed rate, UPI takes 50 ms");
        println!("  load  connections  build     capacity  {}", Tally::HEAD);
        for factor in [1.1, 2.0, 10.0] {
            for connections in [4, 32] {
                for build in &self.builds {
                    self.upi.takes(QUICK);
                    let gateway = self.gateway(build);
                    let callers = Callers::connect(&gateway, &self.photo, connections).await;
                    let capacity = callers.capacity().await;
                    gateway.forget_peak();
                    let tally = callers.at_rate(capacity * factor, OVERLOAD).await;
                    let line = tally.line(&gateway);
                    println!(
                        "{factor:4.1} x  {connections:11}  {:8}  {capacity:6.0}/s  {line}",
                        build.0
                    );
                }
            }
        }
    }
}
