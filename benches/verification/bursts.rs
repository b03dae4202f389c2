//! The part of the table in which everybody comes at once and UPI is slow.

use std::time::{Duration, Instant};

use crate::bench::Bench;
use crate::callers::Callers;
use crate::figures::Figures;
use crate::floor::Floor;
use crate::gateway::Gateway;
use crate::numbers::Spread;
use crate::process::OURS;

/// Over so many connections: the keys of their figures.
const SPREADS: [(usize, [&str; 2]); 2] = [
    (8, ["burst_8", "health_8"]),
    (32, ["burst_32", "health_32"]),
];

/// What one burst showed.
struct Burst {
    answered: f64,
    cpu_per_answer: Duration,
    health: Duration,
    kib_per_call: f64,
}

pub async fn measure(bench: &Bench, figures: &mut Figures) {
    let floor = Floor::prepare(&bench.photo);
    let mut floors = vec![floor.measure()];
    let mut bursts = SPREADS.map(|_| Vec::new());
    let begun = Instant::now();
    for _ in 0..bench.scale.bursts {
        for (index, (connections, _)) in SPREADS.into_iter().enumerate() {
            bursts[index].push(burst(bench, connections).await);
            floors.push(floor.measure());
        }
        if begun.elapsed() > bench.scale.time_for_bursts {
            break;
        }
    }
    let floor = Spread::of_times(floors).median;
    for ((_, [cpu, health]), bursts) in SPREADS.into_iter().zip(&bursts) {
        let cpus = Spread::of_times(bursts.iter().map(|burst| burst.cpu_per_answer));
        figures.set(cpu, cpus.times(1.0 / floor));
        let healths = Spread::of_times(bursts.iter().map(|burst| burst.health));
        figures.set(health, healths.times(1e3));
    }
    let all = || bursts.iter().flatten();
    figures.set("answered", Spread::of(all().map(|burst| burst.answered)));
    figures.set("waiting", Spread::of(all().map(|burst| burst.kib_per_call)));
}

async fn burst(bench: &Bench, connections: usize) -> Burst {
    let gateway = bench.fresh(OURS);
    bench.upi.takes(Duration::ZERO);
    let callers = Callers::connect(&gateway, &bench.photo, connections).await;
    bench.upi.takes(bench.scale.slow);
    let (cpu, idle) = (gateway.cpu(), gateway.memory());
    let tally = callers.at_once(bench.scale.burst).await;
    let answered = u32::try_from(tally.answered()).unwrap();
    Burst {
        answered: f64::from(answered) / bench.scale.burst as f64,
        cpu_per_answer: (gateway.cpu() - cpu) / answered.max(1),
        health: tally.health(99),
        kib_per_call: grown(&gateway, idle) / f64::from(answered.max(1)),
    }
}

/// KiB that the gateway had beyond these, at its peak.
fn grown(gateway: &Gateway, idle: u64) -> f64 {
    gateway.peak_memory().saturating_sub(idle) as f64
}
