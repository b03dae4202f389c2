//! Memory over time: after a burst, of an order in a ledger in memory, and under load for minutes.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::bench::Bench;
use crate::callers::Callers;
use crate::load;
use crate::machine::Cores;
use crate::photo::Photo;
use crate::process::OURS;

const SMALL: usize = 10 * 1024;
const ORDERS: usize = 20_000;
const IN_FLIGHT: usize = 16;
const CONNECTIONS: usize = 8;
const MINUTES: usize = 10;
const MINUTE: Duration = Duration::from_secs(60);
const CLOSED: Duration = Duration::from_secs(3);

/// `memory`: a minute.
pub async fn measure(bench: &Bench) {
    after_a_burst(bench).await;
    of_an_order(bench).await;
}

async fn after_a_burst(bench: &Bench) {
    let gateway = bench.fresh(OURS);
    bench.upi.takes(Duration::ZERO);
    let callers = Callers::connect(&gateway, &bench.photo, CONNECTIONS).await;
    let before = gateway.memory();
    bench.upi.takes(bench.scale.slow);
    callers.at_once(bench.scale.burst).await;
    let (calls, peak) = (bench.scale.burst, gateway.peak_memory());
    println!("{calls} calls at once, KiB: {before} before, {peak} at the peak");
    let begun = Instant::now();
    for seconds in [1, 5, 15, 30] {
        sleep(Duration::from_secs(seconds).saturating_sub(begun.elapsed())).await;
        println!("  {} after {seconds} s", gateway.memory());
    }
    bench.upi.takes(Duration::ZERO);
}

async fn of_an_order(bench: &Bench) {
    let memory = ["ledger.url=memory:".to_owned()];
    let gateway = bench.gateway(OURS, Cores::One, "memory", &memory);
    let photo = Photo::of(SMALL);
    // Buffers and threads have their memory by then.
    load::slice(&gateway, &photo, IN_FLIGHT, ORDERS / 4).await;
    let before = gateway.memory();
    load::slice(&gateway, &photo, IN_FLIGHT, ORDERS).await;
    let grown = gateway.memory().saturating_sub(before) * 1024;
    println!(
        "an order in the ledger in memory: {} bytes",
        grown / ORDERS as u64
    );
}

/// `soak`: ten minutes at half of the capacity.
pub async fn soak(bench: &Bench) {
    bench.upi.takes(Duration::ZERO);
    let gateway = bench.fresh(OURS);
    let callers = Callers::connect(&gateway, &bench.photo, CONNECTIONS).await;
    let rate = callers.capacity(CLOSED).await / 2.0;
    println!("{rate:.0} calls a second, KiB: {} before", gateway.memory());
    for minute in 1..=MINUTES {
        let tally = callers.at_rate(rate, MINUTE).await;
        let (memory, p99) = (gateway.memory(), tally.answer(99));
        println!("  {memory} after {minute} min; p99 {p99:.1?}");
    }
}
