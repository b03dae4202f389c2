//! Variants beside the defaults, slice by slice.

use std::time::Duration;

use crate::bench::Bench;
use crate::collector::Collectors;
use crate::floor::Floor;
use crate::gateway::Gateway;
use crate::load::{self, Slice};
use crate::machine::Cores;
use crate::numbers::Spread;
use crate::process::OURS;

/// Calls in flight: the usual load, one caller, and where the ledger's engines write many orders
/// at once.
const LOADS: [usize; 3] = [16, 1, 64];

type Measure = fn(&Slice) -> f64;

/// What is shown of a load.
const MEASURES: [(&str, Measure); 4] = [
    ("CPU per call, µs", |slice| micros(slice.cpu_per_call())),
    ("latency p50, µs", |slice| micros(slice.percentile(50))),
    ("latency p99, µs", |slice| micros(slice.percentile(99))),
    ("calls a second", Slice::rate),
];

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

struct Variant {
    gateway: Gateway,
    slices: [Vec<Slice>; LOADS.len()],
}

pub async fn compare(bench: &Bench, words: &[&str]) {
    let collectors = Collectors::start().await;
    let mut variants: Vec<_> = gateways(bench, words, &collectors)
        .map(|gateway| Variant {
            gateway,
            slices: [const { Vec::new() }; LOADS.len()],
        })
        .collect();
    for variant in &variants {
        let calls = bench.scale.calls_of(LOADS[0]);
        load::slice(&variant.gateway, &bench.photo, LOADS[0], calls).await;
    }
    let floor = Floor::prepare(&bench.photo);
    let mut floors = vec![floor.measure()];
    for number in 0..bench.scale.compared {
        if number == bench.scale.compared / 2 {
            collectors.kill();
        }
        round(bench, &mut variants, number % 2 == 1).await;
        floors.push(floor.measure());
    }
    report(&variants, Spread::of_times(floors).median * 1e6);
    for Variant { gateway, .. } in &variants {
        let lost = gateway.lost().await.join(", ");
        println!("{}: telemetry lost: {lost}", gateway.name);
    }
}

/// `default`, what the words say, and another build.
fn gateways<'a>(
    bench: &'a Bench,
    words: &'a [&str],
    collectors: &'a Collectors,
) -> impl Iterator<Item = Gateway> {
    let default = bench.gateway(OURS, Cores::One, "default", &[]);
    let ours = words.iter().map(|variant| {
        let exporting = format!("telemetry.otlp.endpoint={{{variant}}}");
        let (name, settings) = variant.split_once(':').unwrap_or((variant, &exporting));
        let settings = settings.split(',').map(|one| collectors.fill_in(one));
        bench.gateway(OURS, Cores::One, name, &settings.collect::<Vec<_>>())
    });
    let other = std::env::var("BASELINE").ok();
    let other = other.map(|binary| bench.gateway(&binary, Cores::One, "baseline", &[]));
    std::iter::once(default).chain(ours).chain(other)
}

/// Forwards or backwards: the first one after the floor has it a little easier.
async fn round(bench: &Bench, variants: &mut [Variant], backwards: bool) {
    for (index, in_flight) in LOADS.into_iter().enumerate() {
        let calls = bench.scale.calls_of(in_flight);
        for number in 0..variants.len() {
            let last = variants.len() - 1;
            let variant = &mut variants[if backwards { last - number } else { number }];
            let slice = load::slice(&variant.gateway, &bench.photo, in_flight, calls).await;
            variant.slices[index].push(slice);
        }
    }
}

fn report(variants: &[Variant], floor: f64) {
    println!("crypto floor: {floor:.0} µs");
    for (index, in_flight) in LOADS.into_iter().enumerate() {
        for variant in variants {
            let name = &variant.gateway.name;
            let cpu = Spread::of_times(variant.slices[index].iter().map(Slice::cpu_per_call));
            let floors = cpu.median * 1e6 / floor;
            println!("{name}, {in_flight} in flight: CPU per call ÷ floor {floors:.2}");
            for (measure, of) in MEASURES {
                let ratios = against(&variants[0].slices[index], &variant.slices[index], of);
                let Spread { median, .. } = Spread::of(variant.slices[index].iter().map(of));
                println!("  {measure:<17}{median:>8.0}  {ratios}");
            }
        }
    }
    for Variant { gateway, .. } in variants {
        println!(
            "{}: memory, peak {} KiB",
            gateway.name,
            gateway.peak_memory()
        );
    }
}

/// Of pairs of slices, which knew the same moment.
fn against(first: &[Slice], other: &[Slice], of: Measure) -> String {
    let pairs = first.iter().zip(other);
    let Spread { median, low, high } = Spread::of(pairs.map(|(one, two)| of(two) / of(one)));
    format!("÷ default {median:.3} ({low:.2} to {high:.2})")
}
