//! What a verification costs the gateway, against the floor of its cryptography.
//!
//! ```sh
//! cargo bench --bench verification                                  # the defaults
//! cargo bench --bench verification -- json:telemetry.log_format=json    # and another setting
//! BASELINE=/path/to/idphoto cargo bench --bench verification        # and another build
//! ```
//!
//! What the ledger costs; the default is a SQLite file in the system's temporary directory:
//!
//! ```sh
//! cargo bench --bench verification -- memory:ledger.url=memory:
//! scripts/postgres.sh run sh -c 'cargo bench --bench verification -- memory:ledger.url=memory: \
//!     postgres:ledger.url=$IDPHOTO_TEST_POSTGRES,ledger.tls=false,ledger.fingerprint_key_files=["KEY"]'
//! ```
//!
//! What telemetry costs, and that a collector in trouble costs no call:
//!
//! ```sh
//! cargo bench --bench verification -- otlp:telemetry.otlp.endpoint={collector}
//! cargo bench --bench verification -- {blackhole,killed,nobody}
//! ```
//!
//! Each argument is a variant, `NAME:KEY=VALUE,…`, that is measured beside `default`: one
//! gateway process each, in front of one sandbox process, with the largest photo. A variant that
//! is just the name of a collector (see `collector.rs`) exports to it; the one called `killed` is
//! killed after half of the slices. The load
//! goes to them by turns, slice by slice, and the floor is measured between the slices, so
//! that a noisy machine is noisy for all. What counts are the ratios within one run.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark reports by printing, and fails by panicking"
)]

#[path = "verification/collector.rs"]
mod collector;
#[path = "verification/floor.rs"]
mod floor;
#[path = "verification/load.rs"]
mod load;
#[path = "verification/photo.rs"]
mod photo;
#[path = "verification/process.rs"]
mod process;

use std::process::Command;
use std::time::Duration;

use collector::Collectors;
use floor::Floor;
use load::Slice;
use photo::Photo;
use process::{BASELINE, Gateway, Sandbox};

const IN_FLIGHT: usize = 16;
/// Many short ones: the noise of a machine changes from second to second, and the ratio of two
/// slices in the same second knows little of it.
const SLICES: usize = 96;
const CALLS: usize = 128;
const CALLS_ALONE: usize = 24;
/// Where engines of the ledger write many orders at once.
const MANY: usize = 64;
const CALLS_OF_MANY: usize = 192;

struct Variant {
    gateway: Gateway,
    loaded: Vec<Slice>,
    alone: Vec<Slice>,
    many: Vec<Slice>,
}

impl Variant {
    const fn of(gateway: Gateway) -> Self {
        Self {
            gateway,
            loaded: Vec::new(),
            alone: Vec::new(),
            many: Vec::new(),
        }
    }
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run());
}

async fn run() {
    let sandbox = Sandbox::start();
    let photo = Photo::largest();
    let collectors = Collectors::start().await;
    let settings = settings(&collectors);
    let ours = settings.map(|(name, settings)| Gateway::start(&sandbox, name, &settings));
    let other = std::env::var("BASELINE").ok().map(|binary| {
        let command = Command::new(binary);
        Gateway::run(command, &sandbox, BASELINE.to_owned(), &[])
    });
    let mut variants: Vec<_> = ours.chain(other).map(Variant::of).collect();
    let floor = Floor::prepare(&photo);
    let mut floors = vec![floor.measure()];
    for variant in &variants {
        load::slice(&variant.gateway, &photo, IN_FLIGHT, CALLS).await;
    }
    for number in 0..SLICES {
        if number == SLICES / 2 {
            collectors.kill();
        }
        for index in in_turn(variants.len(), number) {
            let variant = &mut variants[index];
            let slice = load::slice(&variant.gateway, &photo, IN_FLIGHT, CALLS).await;
            variant.loaded.push(slice);
        }
        for index in in_turn(variants.len(), number) {
            let variant = &mut variants[index];
            let slice = load::slice(&variant.gateway, &photo, 1, CALLS_ALONE).await;
            variant.alone.push(slice);
        }
        for index in in_turn(variants.len(), number) {
            let variant = &mut variants[index];
            let slice = load::slice(&variant.gateway, &photo, MANY, CALLS_OF_MANY).await;
            variant.many.push(slice);
        }
        floors.push(floor.measure());
    }
    report(&variants, &floors);
    for variant in &variants {
        let lost = variant.gateway.lost().await;
        println!(
            "{}: telemetry lost: {}",
            variant.gateway.name,
            lost.join(", ")
        );
    }
}

/// Forwards and backwards: the first one after the floor has it a little easier.
fn in_turn(variants: usize, number: usize) -> Vec<usize> {
    let forwards = 0..variants;
    if number.is_multiple_of(2) {
        forwards.collect()
    } else {
        forwards.rev().collect()
    }
}

/// `default`, and what the arguments say. Cargo adds `--bench`.
fn settings(collectors: &Collectors) -> impl Iterator<Item = (String, Vec<String>)> {
    let arguments = std::env::args().skip(1);
    let variants = arguments.filter(|argument| !argument.starts_with("--"));
    let default = ("default".to_owned(), Vec::new());
    std::iter::once(default).chain(variants.map(|variant| {
        let exporting = format!("telemetry.otlp.endpoint={{{variant}}}");
        let (name, settings) = variant.split_once(':').unwrap_or((&variant, &exporting));
        let settings = settings.split(',').map(|one| collectors.fill_in(one));
        (name.to_owned(), settings.collect())
    }))
}

fn report(variants: &[Variant], floors: &[Duration]) {
    let floor = median(floors.iter().copied());
    let least = floors.iter().min().copied().unwrap_or_default();
    println!("crypto floor       median {floor:>9.1?}  least {least:>9.1?}");
    for variant in variants {
        let name = &variant.gateway.name;
        let cpu = |slice: &Slice| slice.cpu_per_call();
        let (middle, smallest) = spread(&variant.loaded, cpu);
        println!("{name}, {IN_FLIGHT} in flight, {SLICES} slices of {CALLS} calls");
        line("CPU per call", middle, smallest, floor, least);
        let (middle, smallest) = spread(&variant.loaded, |slice| slice.percentile(50));
        line("latency p50", middle, smallest, floor, least);
        let (middle, smallest) = spread(&variant.loaded, |slice| slice.percentile(99));
        line("latency p99", middle, smallest, floor, least);
        println!("{name}, 1 in flight, {SLICES} slices of {CALLS_ALONE} calls");
        let (middle, smallest) = spread(&variant.alone, cpu);
        line("CPU per call", middle, smallest, floor, least);
        let (middle, smallest) = spread(&variant.alone, |slice| slice.percentile(50));
        line("latency p50", middle, smallest, floor, least);
        let mut rates: Vec<_> = variant.many.iter().map(Slice::rate).collect();
        rates.sort_unstable_by(f64::total_cmp);
        let rate = rates[rates.len() / 2];
        println!("{name}, {MANY} in flight: median {rate:.0} calls a second");
        println!("  memory, peak     {} KiB", variant.gateway.peak_memory());
    }
    compare(variants);
}

/// Each variant against the first one, slice by slice.
fn compare(variants: &[Variant]) {
    let Some((first, others)) = variants.split_first() else {
        return;
    };
    for other in others {
        let pairs = first.loaded.iter().zip(&other.loaded);
        let cpu = pairs
            .clone()
            .map(|(one, two)| two.cpu_per_call().as_secs_f64() / one.cpu_per_call().as_secs_f64());
        let p50 = pairs
            .map(|(one, two)| two.percentile(50).as_secs_f64() / one.percentile(50).as_secs_f64());
        let many = first.many.iter().zip(&other.many);
        let rate = many.map(|(one, two)| two.rate() / one.rate());
        let alone = first.alone.iter().zip(&other.alone);
        let alone = alone
            .map(|(one, two)| two.percentile(50).as_secs_f64() / one.percentile(50).as_secs_f64());
        println!(
            "{} ÷ {}: CPU per call {}, latency p50 {}, calls a second at {MANY} in flight {}, latency p50 alone {} \
             (medians and quartiles of {SLICES} pairs of slices)",
            other.gateway.name,
            first.gateway.name,
            quartiles(cpu.collect()),
            quartiles(p50.collect()),
            quartiles(rate.collect()),
            quartiles(alone.collect())
        );
    }
}

fn line(what: &str, middle: Duration, smallest: Duration, floor: Duration, least: Duration) {
    let ratio = middle.as_secs_f64() / floor.as_secs_f64();
    let least_ratio = smallest.as_secs_f64() / least.as_secs_f64();
    println!(
        "  {what:<16} median {middle:>9.1?}  least {smallest:>9.1?}  \
         ÷ floor {ratio:.2} (medians), {least_ratio:.2} (least)"
    );
}

fn spread(slices: &[Slice], of: impl Fn(&Slice) -> Duration) -> (Duration, Duration) {
    let least = slices.iter().map(&of).min().unwrap_or_default();
    (median(slices.iter().map(of)), least)
}

fn median(durations: impl Iterator<Item = Duration>) -> Duration {
    let mut sorted: Vec<_> = durations.collect();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

fn quartiles(mut numbers: Vec<f64>) -> String {
    numbers.sort_unstable_by(f64::total_cmp);
    let at = |quarters: usize| numbers[numbers.len() * quarters / 4];
    format!("{:.3} ({:.2} to {:.2})", at(2), at(1), at(3))
}
