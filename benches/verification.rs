//! What a verification costs the gateway, against the floor of its cryptography.
//!
//! ```sh
//! make bench                                              # the table of targets
//! make bench ARGS=--json                                  # the same as JSON
//! make bench-compare REV=v0.1.0                           # two builds side by side
//! ```
//!
//! The table has slices of load (`slices.rs`), bursts (`bursts.rs`) and open loops (`open_loops.rs`).
//! Every gateway is a process of its own, on a processor of its own where there are two; the load
//! and UPI, which says again what a sandbox has answered, share the other. What counts are the
//! ratios within one run. One of the gateways is no gateway, but what its libraries cost by
//! themselves (`libraries.rs`): no gateway of these libraries is cheaper.
//!
//! `--quick` runs all of it and judges nothing; `--save=FILE` writes the JSON to a file as well.
//!
//! Variants, `NAME:KEY=VALUE,…`, are measured beside `default` in detail, by turns (`variants.rs`),
//! and so is another build:
//!
//! ```sh
//! cargo bench --bench verification -- json:telemetry.log_format=json
//! BASELINE=/path/to/idphoto cargo bench --bench verification
//! ```
//!
//! What the ledger costs; the default is a SQLite file in the system's temporary directory:
//!
//! ```sh
//! cargo bench --bench verification -- memory:ledger.url=memory:
//! ```
//!
//! What telemetry costs, and that a collector in trouble costs no call. A variant that is just the
//! name of a collector (see `collector.rs`) exports to it; the one called `killed` is killed after
//! half of the rounds:
//!
//! ```sh
//! cargo bench --bench verification -- otlp:telemetry.otlp.endpoint={collector}
//! cargo bench --bench verification -- {blackhole,killed,nobody}
//! ```
//!
//! Scenarios in detail, the first two beside a `BASELINE` if there is one:
//!
//! ```sh
//! cargo bench --bench verification -- burst overload      # crowd.rs
//! cargo bench --bench verification -- growth              # 1 to 4,000 in flight, and neighbours
//! cargo bench --bench verification -- memory soak         # a minute, and ten
//! cargo bench --bench verification -- rules               # rules for callers; one caller's excess
//! ```

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark reports by printing, and fails by panicking"
)]

#[path = "verification/arguments.rs"]
mod arguments;
#[path = "verification/bench.rs"]
mod bench;
#[path = "verification/bursts.rs"]
mod bursts;
#[path = "verification/callers.rs"]
mod callers;
#[path = "verification/collector.rs"]
mod collector;
#[path = "verification/crowd.rs"]
mod crowd;
#[path = "verification/figures.rs"]
mod figures;
#[path = "verification/fleet.rs"]
mod fleet;
#[path = "verification/floor.rs"]
mod floor;
#[path = "verification/gateway.rs"]
mod gateway;
#[path = "verification/growth.rs"]
mod growth;
#[path = "verification/libraries.rs"]
mod libraries;
#[path = "verification/load.rs"]
mod load;
#[path = "verification/machine.rs"]
mod machine;
#[path = "verification/memory.rs"]
mod memory;
#[path = "verification/neighbours.rs"]
mod neighbours;
#[path = "verification/numbers.rs"]
mod numbers;
#[path = "verification/open_loops.rs"]
mod open_loops;
#[path = "verification/photo.rs"]
mod photo;
#[path = "verification/posting.rs"]
mod posting;
#[path = "verification/process.rs"]
mod process;
#[path = "verification/report.rs"]
mod report;
#[path = "verification/rules.rs"]
mod rules;
#[path = "verification/slices.rs"]
mod slices;
#[path = "verification/straightforward.rs"]
mod straightforward;
#[path = "verification/tally.rs"]
mod tally;
#[path = "verification/upi.rs"]
mod upi;
#[path = "verification/variants.rs"]
mod variants;

use std::time::Instant;

use arguments::Arguments;
use bench::{Bench, Scale};
use figures::Figures;
use machine::Machine;
use numbers::Spread;

fn main() {
    if Arguments::are_of_a_gateway() {
        return libraries::serve();
    }
    let arguments = Arguments::read();
    // Before there are threads: they stay where their process was.
    let machine = Machine::take();
    let scale = if arguments.quick {
        Scale::QUICK
    } else {
        Scale::FULL
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let bench = Bench::start(machine, scale).await;
        run(&bench, &arguments).await;
    });
}

async fn run(bench: &Bench, arguments: &Arguments) {
    let (scenarios, variants) = arguments.scenarios();
    for scenario in &scenarios {
        match *scenario {
            "burst" => crowd::bursts(bench).await,
            "overload" => crowd::overload(bench).await,
            "growth" => growth::measure(bench).await,
            "memory" => memory::measure(bench).await,
            "rules" => rules::measure(bench).await,
            _ => memory::soak(bench).await,
        }
    }
    if !scenarios.is_empty() {
        return;
    }
    if !variants.is_empty() || std::env::var("BASELINE").is_ok() {
        variants::compare(bench, &variants).await;
        return;
    }
    let figures = measure(bench).await;
    print(bench, &figures, arguments);
}

async fn measure(bench: &Bench) -> Figures {
    let begun = Instant::now();
    let mut figures = Figures::default();
    eprintln!("slices of load");
    slices::measure(bench, &mut figures).await;
    eprintln!("{} calls at once", bench.scale.burst);
    bursts::measure(bench, &mut figures).await;
    eprintln!("calls by the clock");
    open_loops::measure(bench, &mut figures).await;
    figures.set("took", Spread::of([begun.elapsed().as_secs_f64()]));
    figures
}

fn print(bench: &Bench, figures: &Figures, arguments: &Arguments) {
    let json = report::json(&bench.machine, figures);
    let text = serde_json::to_string_pretty(&json).unwrap();
    if let Some(file) = &arguments.save {
        let mut saved = json;
        // A file of the repository names the machine by its processor alone.
        saved["machine"].as_object_mut().unwrap().remove("kernel");
        let text = serde_json::to_string_pretty(&saved).unwrap();
        std::fs::write(file, format!("{text}\n")).unwrap();
    }
    if arguments.quick {
        eprintln!("a quick run: its figures mean nothing");
    }
    if arguments.json {
        println!("{text}");
    } else {
        println!("{}", report::table(&bench.machine, figures));
    }
}
