//! The real binary, killed with SIGKILL at every named point between the look at an order and the
//! end of its settlement, started again on the same ledger, and asked again. A sandbox beside it
//! counts what UPI's side received. And with a clock that jumps.
//!
//! `IDPHOTO_CRASH_RUNS` says how many runs there are, `IDPHOTO_CRASH_SEED` names a single one.

// A panic is how a test reports.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout
)]

#[allow(dead_code)] // What the other tests need of it.
#[path = "../it/data.rs"]
mod data;
#[allow(dead_code)]
#[path = "../it/process.rs"]
mod process;
#[allow(dead_code)]
#[path = "../it/requests.rs"]
mod requests;
#[allow(dead_code)]
#[path = "../it/wait.rs"]
mod wait;

mod clock;
mod engine;
mod plan;
mod run;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use engine::{Engine, Postgres, Sqlite};
use plan::{POINTS, Plan};
use run::{Place, Run, Upi};

/// Runs at the same time.
const LANES: usize = 4;

fn wished(name: &str) -> Option<u64> {
    let wish = std::env::var(name).ok()?;
    Some(wish.parse().unwrap())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// Goes through all runs, and tells how often each point killed its gateway.
fn matrix(engine: &dyn Engine, upi: &Place, runs: u64) -> Vec<Run> {
    let next = AtomicU64::new(0);
    let all = Mutex::new(Vec::new());
    let lane = || {
        let runtime = runtime();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= runs {
                return;
            }
            let plan = Plan::of(wished("IDPHOTO_CRASH_SEED").unwrap_or(seed));
            let run = runtime.block_on(Run::of(plan, engine, upi));
            all.lock().unwrap().push(run);
        }
    };
    thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(lane);
        }
    });
    all.into_inner().unwrap()
}

fn look_at(engine: &dyn Engine, runs: u64) {
    let upi = Upi::start();
    let single = wished("IDPHOTO_CRASH_SEED").is_some();
    let runs = wished("IDPHOTO_CRASH_RUNS").unwrap_or(runs);
    let runs = if single { 1 } else { runs };
    let mut done = matrix(engine, &upi.place, runs);
    let rest = engine.rest(&upi.place, &mut done);
    let mut broken: Vec<_> = done.iter().flat_map(|run| run.broken.clone()).collect();
    broken.extend(rest);
    let mut killed = BTreeMap::from_iter(POINTS.map(|point| (point, 0)));
    for run in done.iter().filter(|run| run.killed) {
        *killed.get_mut(run.plan.point).unwrap() += 1;
    }
    println!("{runs} runs on {}, killed at: {killed:?}", engine.name());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let missed: Vec<_> = killed.iter().filter(|(_, times)| **times == 0).collect();
    assert!(single || missed.is_empty(), "nothing died at {missed:?}");
}

#[test]
fn a_kill_at_any_point_neither_sends_twice_nor_forgets_an_answer_with_sqlite() {
    look_at(&Sqlite, 100);
}

#[test]
fn a_kill_at_any_point_neither_sends_twice_nor_forgets_an_answer_with_postgresql() {
    match Postgres::find() {
        Some(postgres) => look_at(&postgres, 50),
        None => assert!(
            std::env::var_os("REQUIRE_POSTGRES").is_none(),
            "scripts/postgres.sh runs these tests"
        ),
    }
}
