//! What befalls gateways: SIGKILL, SIGSTOP, shutdowns with and without patience, and a ledger that
//! is away.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::site::{Instance, Site};
use super::world::SWEEP_AFTER;

/// Does some harm, and ends.
pub async fn rage(site: Arc<Site>) {
    let blows = site.world.facts().rng.pick(&[0, 1, 2, 4]);
    for _ in 0..blows {
        let (pause, place, kind) = {
            let mut facts = site.world.facts();
            let pause = facts.rng.pick(&[20, 500, 3000]);
            let pause = facts.rng.millis(0, pause);
            (pause, facts.rng.index(site.places()), facts.rng.below(5))
        };
        sleep(pause).await;
        let Some(instance) = site.at(place) else {
            continue;
        };
        match kind {
            0 => kill_soon(&site, place, &instance).await,
            1 => freeze(&site, &instance).await,
            2 => shut_down(&site, place, &instance).await,
            _ => cut_off(&site, &instance).await,
        }
        site.start_all();
    }
}

fn soon(site: &Site, choices: &[u64]) -> Duration {
    let mut facts = site.world.facts();
    let most = facts.rng.pick(choices);
    facts.rng.millis(0, most)
}

/// Between any two steps of it.
async fn kill_soon(site: &Site, place: usize, instance: &Instance) {
    let steps = site.world.facts().rng.below(60);
    let steps = u32::try_from(steps).unwrap() + 1;
    site.world.executor.doom(instance.process, steps);
    let limit = soon(site, &[20, 500, 3000]);
    let died = async {
        while !site.world.executor.is_dead(instance.process) {
            sleep(Duration::from_millis(50)).await;
        }
    };
    // One that does too little for so many steps is killed all the same.
    let _ = timeout(limit, died).await;
    site.kill(place, false);
    sleep(soon(site, &[0, 100, 5000])).await;
}

/// Possibly for so long that others give its orders up.
async fn freeze(site: &Site, instance: &Instance) {
    let limit = u64::try_from(SWEEP_AFTER.as_millis()).unwrap() * 2;
    let pause = soon(site, &[50, 2000, limit]);
    let process = instance.process;
    site.world.facts().note(process, || {
        format!("is frozen for {} ms", pause.as_millis())
    });
    site.world.executor.freeze(process);
    sleep(pause).await;
    site.world.facts().note(process, || "wakes".to_owned());
    site.world.executor.thaw(process);
}

async fn shut_down(site: &Site, place: usize, instance: &Instance) {
    let process = instance.process;
    let patience = soon(site, &[0, 500, 6000]);
    site.world
        .facts()
        .note(process, || format!("drains, {} ms", patience.as_millis()));
    let verifier = Arc::clone(&instance.verifier);
    let (ended, exits) = oneshot::channel();
    let draining = async move {
        verifier.drain();
        let idle = timeout(patience, verifier.idle()).await.is_ok();
        if !idle {
            verifier.abandon().await;
        }
        // Nobody waits when it was killed meanwhile.
        let _ = ended.send(idle);
    };
    site.world.executor.spawn(process, draining);
    let idle = exits.await.unwrap_or(false);
    site.kill(place, idle);
}

async fn cut_off(site: &Site, instance: &Instance) {
    let process = instance.process;
    let pause = soon(site, &[100, 2000, 8000]);
    let outage = |begins: bool| {
        let mut facts = site.world.facts();
        if begins {
            facts.note(process, || {
                format!("has no ledger for {} ms", pause.as_millis())
            });
            facts.outage.insert(process);
        } else {
            facts.outage.remove(&process);
        }
    };
    outage(true);
    sleep(pause).await;
    outage(false);
}
