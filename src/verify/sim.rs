//! The use case in a simulated world, whatever happens in it. A seed makes a world: several
//! gateways on one ledger, callers of a few orders, and what befalls them. The same seed makes the
//! same world, to the last step.
//!
//! `IDPHOTO_SIM_SEED=7 cargo test --lib sim` shows the world of one seed, `IDPHOTO_SIM_SEEDS=1000000`
//! looks at so many.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::error::{NotSent, VerifyError};
use super::port::State;

mod callers;
mod executor;
mod judge;
mod ledger;
mod nemesis;
mod rng;
mod site;
mod upi;
mod world;

pub use executor::spawn;

use executor::WORLD;
use judge::Call;
use site::Site;
use world::{SWEEP_AFTER, UPI_LIMIT, World};

/// The beat of the ledger's keeper, which sweeps.
const BEAT: Duration = Duration::from_secs(5);

/// Longer than any world lasts.
const FOR_EVER: Duration = Duration::from_secs(3600);

/// What came of a seed.
#[derive(PartialEq, Eq)]
struct Lived {
    broken: Vec<String>,
    trace: Vec<String>,
}

/// Lives through the world of a seed.
fn live(seed: u64, traced: bool) -> Lived {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let world = World::new(seed, traced);
        let site = Site::new(Arc::clone(&world));
        // The clock jumps there when nobody waits for anything that could come.
        let running = timeout(FOR_EVER, world.executor.run(scenario(site)));
        let ended = running.await.is_ok();
        let mut facts = world.facts();
        if !ended {
            facts.broken(WORLD, "somebody waits for ever");
        }
        Lived {
            broken: std::mem::take(&mut facts.broken),
            trace: facts.trace(),
        }
    })
}

async fn scenario(site: Arc<Site>) {
    site.start_all();
    let (callers, orders) = {
        let mut facts = site.world.facts();
        (facts.rng.below(5) + 1, facts.rng.index(3) + 1)
    };
    let mut all = vec![aside(&site, nemesis::rage(Arc::clone(&site)))];
    for _ in 0..callers {
        all.push(aside(&site, callers::call(Arc::clone(&site), orders)));
    }
    for one in all {
        one.await.unwrap();
    }
    site.world.heal();
    site.start_all();
    sleep(UPI_LIMIT + SWEEP_AFTER + 3 * BEAT + Duration::from_secs(5)).await;
    rest(&site);
    probe(&site, orders).await;
    rest(&site);
}

/// Runs a part of the world beside the others.
fn aside(
    site: &Arc<Site>,
    part: impl Future<Output = ()> + Send + 'static,
) -> oneshot::Receiver<()> {
    let (ended, hears) = oneshot::channel();
    let part = async move {
        part.await;
        ended.send(()).unwrap();
    };
    site.world.executor.spawn(WORLD, part);
    hears
}

/// Nothing is in flight, and everything stands as it should.
fn rest(site: &Site) {
    let mut facts = site.world.facts();
    for instance in site.running() {
        let tasks = site.world.executor.count(instance.process);
        if instance.verifier.in_flight() != 0 || tasks != 1 {
            facts.broken(instance.process, "an order is in flight for ever");
        }
    }
    judge::at_rest(&mut facts);
}

/// Asks for every order at every gateway, of a UPI and a ledger that work.
async fn probe(site: &Site, orders: usize) {
    for order in 0..orders {
        for instance in site.running() {
            let (state, content) = {
                let facts = site.world.facts();
                let row = facts.rows.get(&order).map(|row| &row.record);
                let content = row.map_or(0, |row| facts.sealed[&row.upi_uuid].content);
                (row.map(|row| row.state.clone()), content)
            };
            let call = Call::begin(&site.world, instance.process, (order, content));
            let request = World::request(order, content);
            let (ended, hears) = oneshot::channel();
            let verifier = Arc::clone(&instance.verifier);
            let ticket = site.world.ticket();
            let verifying = async move {
                let told = verifier.verify(request, None, ticket).await;
                // The probe waits for it.
                let _ = ended.send(told);
            };
            site.world.executor.spawn(instance.process, verifying);
            let told = hears.await.unwrap();
            let mut facts = site.world.facts();
            call.told(&mut facts, &told);
            let fits = match (&state, &told) {
                (Some(State::Answered(answer)), Ok(told)) => {
                    told.answer == *answer && told.replayed
                }
                (Some(State::OutcomeUnknown), Err(VerifyError::OutcomeUnknown(_))) => true,
                (None | Some(State::NotSent), Ok(told)) => !told.replayed,
                (None | Some(State::NotSent), Err(VerifyError::NotSent(NotSent::OverRate(_)))) => {
                    facts.budget.daily == Some(facts.count)
                }
                _ => false,
            };
            if !fits {
                facts.broken(
                    instance.process,
                    format!("order {order} is not told as it stands"),
                );
            }
        }
    }
}

fn wished(name: &str) -> Option<u64> {
    let wish = std::env::var(name).ok()?;
    Some(wish.parse().unwrap())
}

#[test]
fn no_order_is_sent_twice_and_no_answer_forgotten_whatever_happens() {
    if let Some(seed) = wished("IDPHOTO_SIM_SEED") {
        let lived = live(seed, true);
        println!("{}", lived.trace.join("\n"));
        assert!(lived.broken.is_empty(), "seed {seed}: {:?}", lived.broken);
        return;
    }
    let seeds = wished("IDPHOTO_SIM_SEEDS").unwrap_or(10_000);
    let next = AtomicU64::new(0);
    let look = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return None;
            }
            if !live(seed, false).broken.is_empty() {
                next.store(seeds, Ordering::Relaxed);
                return Some(seed);
            }
        }
    };
    let found = std::thread::scope(|scope| {
        let other = scope.spawn(look);
        look().or(other.join().unwrap())
    });
    if let Some(seed) = found {
        let lived = live(seed, true);
        println!("{}", lived.trace.join("\n"));
        panic!("IDPHOTO_SIM_SEED={seed}: {:?}", lived.broken);
    }
}

#[test]
fn a_seed_makes_the_same_world_again() {
    for seed in 0..50 {
        let (one, other) = (live(seed, true), live(seed, true));
        assert!(one == other, "seed {seed} made two worlds");
    }
}
