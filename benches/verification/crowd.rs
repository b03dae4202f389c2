//! Many callers at once, and more than there is room for, in detail.
//!
//! `burst`: 2,000 calls at once, and UPI takes five seconds. `overload`: calls come at a fixed
//! rate, however many are under way, and UPI takes 50 ms. The rate is a multiple of the capacity,
//! which is what the same gateway does for 64 callers in a closed loop. *Goodput* is answers for
//! each second in the second half of the row. Each row has a fresh gateway.
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
//! Of a later build, without a baseline, and at ten times the capacity, too, where the callers of
//! this benchmark were late by seconds before:
//!
//! | load, connections | goodput ÷ capacity | refusal p99 | health p99 |
//! |---|---|---|---|
//! | 1.1, 4 and 32 | 0.96, 0.90 | | 34, 92 ms |
//! | 2, 4 and 32 | 1.04, 0.86 | 34, 123 ms | 40, 62 ms |
//! | 10, 4 and 32 | 0.92, 0.85 | 36, 125 ms | 38, 43 ms |
//!
//! Without turns for sealing (`src/verify/sealing.rs`) and with them, on a slower machine, where a
//! second run of 2,000 over 32 connections gave 424 and 91 ms, and one with turns alone 45 ms:
//!
//! | 2,000 at once over | health p99 | with turns | peak | with turns |
//! |---|---|---|---|---|
//! | 1 connection | 52 ms | 20 ms | 427 MB | 316 MB |
//! | 2 | 52 ms | 32 ms | 380 MB | 285 MB |
//! | 8 | 59 ms | 42 ms | 405 MB | 283 MB |
//! | 32 | 110 ms | 183 ms | 408 MB | 285 MB |
//!
//! | load, connections | goodput a second | with | refusal p99 | with | health p99 | with |
//! |---|---|---|---|---|---|---|
//! | 1.1, 4 | 651 | 572 | | | 34 ms | 17 ms |
//! | 1.1, 32 | 518 | 386 | | | 108 ms | 51 ms |
//! | 2, 4 | 548 | 584 | 31 ms | 57 ms | 36 ms | 30 ms |
//! | 2, 32 | 580 | 610 | 134 ms | 314 ms | 66 ms | 52 ms |
//! | 10, 4 | 524 | 627 | 52 ms | 77 ms | 37 ms | 24 ms |
//! | 10, 32 | 605 | 542 | 180 ms | 228 ms | 52 ms | 43 ms |
//!
//! Of the build that takes the shortest opening for the way to UPI, in rows of 16 seconds and not of
//! eight, two runs: what stands is seen when the queue has grown.
//!
//! | load, connections | goodput ÷ capacity | refusal p99 | health p99 | peak |
//! |---|---|---|---|---|
//! | 1.1, 4 | 0.87, 1.03 | | 20, 20 ms | 279, 244 MB |
//! | 1.1, 32 | 0.95, 1.02 | 173 ms | 40, 31 ms | 421, 249 MB |
//! | 2, 4 | 0.96, 1.21 | 51, 44 ms | 25, 19 ms | 368, 346 MB |
//! | 2, 32 | 1.00, 1.19 | 166, 157 ms | 35, 33 ms | 423, 435 MB |
//! | 10, 4 | 0.94, 0.94 | 53, 65 ms | 31, 22 ms | 411, 373 MB |
//! | 10, 32 | 0.84, 0.87 | 207, 279 ms | 47, 43 ms | 484, 480 MB |
//!
//! A queue that is cut to 256 calls where they have waited for two seconds brings the answers at twice
//! the capacity from 2.8 to 0.5 s, and over 32 connections the goodput from 1.03 to 0.74: what is
//! refused has sent its photo by then, which a long queue keeps at the peers.
//!
//! That nobody reads on while many wait to be sealed (`Calm`) pays when everybody comes at once:
//! without it, and with the short queue, 2,000 over 32 connections had a health p99 of 521 ms in place
//! of 100, and took 529 MB in place of 279. Under overload it costs: without it refusals came within
//! 16 to 131 ms at up to twice the capacity (51 to 154 with it), and within 283 at ten times (210).
//!
//! The goodput at 1.1 times is that of a queue that grows slowly, and wanders: three more runs with
//! turns over 32 connections gave 630, 488 and 570 (1.15, 0.93 and 0.91 of what they had as
//! capacity).

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
    println!("  load  connections  build     capacity  {}", Tally::HEAD);
    for factor in [1.1, 2.0, 10.0] {
        for connections in [4, 32] {
            for (name, binary) in builds() {
                let gateway = bench.fresh(&binary);
                let callers = Callers::connect(&gateway, &bench.photo, connections).await;
                let capacity = callers.capacity(MEASURED).await;
                gateway.forget_peak();
                let tally = callers.at_rate(capacity * factor, OVERLOAD).await;
                let line = tally.line(&gateway);
                println!("{factor:4.1} x  {connections:11}  {name:8}  {capacity:6.0}/s  {line}");
            }
        }
    }
}
