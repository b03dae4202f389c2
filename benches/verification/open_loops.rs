//! The part of the table in which calls come by the clock, however many are under way, and times
//! count from the moment a call was due. UPI answers at once, so what bends is the gateway.

use std::time::{Duration, Instant};

use crate::bench::Bench;
use crate::callers::Callers;
use crate::figures::Figures;
use crate::numbers::Spread;
use crate::process::OURS;

const CONNECTIONS: usize = 8;

/// What one gateway showed.
struct Round {
    /// Calls a second in a closed loop.
    capacity: f64,
    tail_at_half: f64,
    goodput_at_full: f64,
    goodput_over: f64,
    /// Of the callers themselves, at the highest rate.
    late: Duration,
}

pub async fn measure(bench: &Bench, figures: &mut Figures) {
    bench.upi.takes(Duration::ZERO);
    let begun = Instant::now();
    let mut rounds = Vec::new();
    while rounds.len() < bench.scale.open_loops && begun.elapsed() < bench.scale.time_for_open_loops
    {
        rounds.push(round(bench).await);
    }
    let mut set = |key, of: fn(&Round) -> f64| figures.set(key, Spread::of(rounds.iter().map(of)));
    set("capacity", |round| round.capacity);
    set("half", |round| round.tail_at_half);
    set("full", |round| round.goodput_at_full);
    set("over", |round| round.goodput_over);
    set("late", |round| round.late.as_secs_f64() * 1e3);
}

async fn round(bench: &Bench) -> Round {
    let gateway = bench.fresh(OURS);
    let callers = Callers::connect(&gateway, &bench.photo, CONNECTIONS).await;
    let capacity = callers.capacity(bench.scale.closed).await;
    let open = bench.scale.open;
    let half = callers.at_rate(capacity * 0.5, open).await;
    let full = callers.at_rate(capacity, open).await;
    let over = callers.at_rate(capacity * 1.3, open).await;
    Round {
        capacity,
        tail_at_half: half.answer(99).as_secs_f64() / half.answer(50).as_secs_f64(),
        goodput_at_full: full.goodput / capacity,
        goodput_over: over.goodput / capacity,
        late: over.late(99),
    }
}
