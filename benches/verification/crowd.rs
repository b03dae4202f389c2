//! Many callers at once, and more than there is room for, in detail.
//!
//! `burst`: 2,000 calls at once, and UPI takes five seconds. `overload`: calls come at a fixed
//! rate, however many are under way, and UPI takes 50 ms. The rate is a multiple of the capacity,
//! which is what the same gateway does for 64 callers in a closed loop. *Goodput* is answers for
//! each second in the second half of the row, and shown as a part of the capacity, before and after it.
//! Each row has a fresh gateway.
//!
//! Two cores, November 2026. The first baseline has 512 places for bodies, for which calls wait 5 s;
//! the figures behind it are of the end of that month:
//!
//! | 2,000 at once over | answered, of the baseline | now | health p99 | now | peak | now |
//! |---|---|---|---|---|---|---|
//! | 1 connection | 763 | 2,000 | 80 ms | 9 ms | 221 MB | 234 MB |
//! | 2 | 1,622 | 2,000 | 68 ms | 10 ms | 445 MB | 281 MB |
//! | 8 | 1,188 | 2,000 | 200 ms | 26 ms | 277 MB | 225 MB |
//! | 32 | 2,000 | 2,000 | 1,439 ms | 31 ms | 635 MB | 300 MB |
//!
//! | load, connections | goodput ÷ capacity | now, two runs | refusal p99 | now | health p99 | now |
//! |---|---|---|---|---|---|---|
//! | 1.1, 4 | 1.00 | 1.09, 1.09 | | | 234 ms | 15, 8 ms |
//! | 1.1, 32 | 0.97 | 1.07, 1.13 | | | 1,502 ms | 21, 31 ms |
//! | 2, 4 | 0.94 | 0.95, 1.19 | 5,292 ms | 22, 16 ms | 251 ms | 21, 17 ms |
//! | 2, 32 | 0.96 | 1.10, 1.10 | 6,360 ms | 30, 29 ms | 2,027 ms | 33, 30 ms |
//! | 10, 4 | | 1.12, 1.11 | | 20, 19 ms | | 21, 18 ms |
//! | 10, 32 | | 1.00, 1.05 | | 45, 96 ms | | 32, 32 ms |
//!
//! Two more runs, when the machine had become a seventh slower, gave the same but for 2, 32, which had
//! 0.81 and 0.79, and 10, 32 with 0.87 and 0.98.
//!
//! The second baseline stopped to read connections while many waited to be sealed, and had a queue of
//! 2,560 calls, however long that stood. The same run has both, on a quiet machine; `late` is the
//! callers' own part of a refusal.
//!
//! | load, connections | refusal p99 | now | answer p50 | now | peak | now |
//! |---|---|---|---|---|---|---|
//! | 2, 4 | 39 ms | 17 ms | 2.4 s | 0.35 s | 267 MB | 192 MB |
//! | 2, 32 | 14 ms | 32 ms | 3.0 s | 0.45 s | 801 MB | 258 MB |
//! | 10, 4 | 47 ms | 38 ms | 2.9 s | 0.45 s | 292 MB | 253 MB |
//! | 10, 32 | 150 ms | 35 ms | 3.1 s | 0.46 s | 344 MB | 359 MB |
//!
//! At other times of the machine the baseline's refusals took 157 to 492 ms at 2, 32.

use std::time::Duration;

use crate::bench::Bench;
use crate::callers::Callers;
use crate::process::OURS;
use crate::tally::Tally;

const QUICK: Duration = Duration::from_millis(50);
const MEASURED: Duration = Duration::from_secs(3);
const OVERLOAD: Duration = Duration::from_secs(16);

/// Names and binaries: another build beside this one, if there is one.
fn builds() -> Vec<(&'static str, String)> {
    let other = std::env::var("BASELINE").map(|binary| ("baseline", binary));
    let ours = ("now", OURS.to_owned());
    other.into_iter().chain([ours]).collect()
}

pub async fn bursts(bench: &Bench) {
    let scale = &bench.scale;
    println!("{} calls at once, UPI takes {:?}", scale.burst, scale.slow);
    println!("connections  build     {}", Tally::HEAD);
    for connections in [1, 2, 8, 32] {
        for (name, binary) in builds() {
            let gateway = bench.fresh(&binary);
            bench.upi.takes(scale.slow);
            let callers = Callers::connect(&gateway, &bench.photo, connections).await;
            let tally = callers.at_once(scale.burst).await;
            println!("{connections:11}  {name:8}  {}", tally.line(&gateway));
        }
    }
}

pub async fn overload(bench: &Bench) {
    bench.upi.takes(QUICK);
    println!("calls at a fixed rate, UPI takes {QUICK:?}");
    println!(
        "  load  connections  build     capacity  part  {}",
        Tally::HEAD
    );
    for factor in [1.1, 2.0, 10.0] {
        for connections in [4, 32] {
            for (name, binary) in builds() {
                let gateway = bench.fresh(&binary);
                let callers = Callers::connect(&gateway, &bench.photo, connections).await;
                let before = callers.capacity(MEASURED).await;
                gateway.forget_peak();
                let tally = callers.at_rate(before * factor, OVERLOAD).await;
                let line = tally.line(&gateway);
                // The machine may have become slower or quicker meanwhile.
                let capacity = f64::midpoint(before, callers.capacity(MEASURED).await);
                let part = tally.goodput / capacity;
                println!(
                    "{factor:4.1} x  {connections:11}  {name:8}  {capacity:6.0}/s  {part:4.2}  {line}"
                );
            }
        }
    }
}
