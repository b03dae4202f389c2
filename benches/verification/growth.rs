//! What more calls in flight change, for themselves and for neighbours: health and questions
//! about orders, 40 of each a second. Rounds by turns, with the floor between them.

use std::time::Duration;

use crate::bench::Bench;
use crate::callers::Callers;
use crate::floor::Floor;
use crate::numbers::Spread;
use crate::process::OURS;
use crate::tally::Tally;

/// With the last one, what is refused stands in a column of its own.
const IN_FLIGHT: [usize; 7] = [1, 4, 16, 64, 256, 1_000, 4_000];
const ROUNDS: usize = 3;
const CONNECTIONS: usize = 8;

struct Round {
    tally: Tally,
    cpu: Duration,
    peak_mib: u64,
}

pub async fn measure(bench: &Bench) {
    bench.upi.takes(Duration::ZERO);
    let floor = Floor::prepare(&bench.photo);
    let mut floors = vec![floor.measure()];
    let mut rounds = IN_FLIGHT.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (in_flight, rounds) in IN_FLIGHT.into_iter().zip(&mut rounds) {
            rounds.push(round(bench, in_flight).await);
            floors.push(floor.measure());
        }
    }
    let floor = Spread::of_times(floors).median;
    println!("crypto floor: {:.0} µs; times in ms", floor * 1e6);
    println!(
        "in flight  CPU ÷ floor  calls/s  refused  p50, p99        health p50, p99  question p50, p99     peak"
    );
    for (in_flight, rounds) in IN_FLIGHT.into_iter().zip(&rounds) {
        println!("{in_flight:9}  {}", line(rounds, floor));
    }
}

async fn round(bench: &Bench, in_flight: usize) -> Round {
    let gateway = bench.fresh(OURS);
    let callers = Callers::connect(&gateway, &bench.photo, in_flight.min(CONNECTIONS)).await;
    let cpu = gateway.cpu();
    let calls = (in_flight * 2).max(bench.scale.calls * 8);
    let tally = callers.in_turn(in_flight, calls).await;
    Round {
        tally,
        cpu: gateway.cpu() - cpu,
        peak_mib: gateway.peak_memory() / 1024,
    }
}

fn line(rounds: &[Round], floor: f64) -> String {
    let median = |of: &dyn Fn(&Round) -> f64| Spread::of(rounds.iter().map(of)).median;
    let time = |of: fn(&Tally, usize) -> Duration, percent| {
        median(&|round| of(&round.tally, percent).as_secs_f64() * 1e3)
    };
    format!(
        "{:11.2}  {:7.0}  {:7.0}  {:6.1}, {:6.1}  {:7.1}, {:6.1}  {:9.1}, {:6.1}  {:4.0} MiB",
        median(&|it| it.cpu.as_secs_f64() / it.tally.answered() as f64 / floor),
        median(&|it| it.tally.rate()),
        median(&|it| it.tally.refused() as f64),
        time(Tally::answer, 50),
        time(Tally::answer, 99),
        time(Tally::health, 50),
        time(Tally::health, 99),
        time(Tally::question, 50),
        time(Tally::question, 99),
        median(&|it| it.peak_mib as f64),
    )
}
