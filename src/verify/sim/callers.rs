//! Callers: they ask for few orders, at any gateway, with and without a deadline, repeat
//! themselves, and go away in the middle.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::judge::Call;
use super::site::{Instance, Site};
use super::world::World;
use crate::verify::port::Asker;

/// What a caller does next.
struct Wish {
    pause: Duration,
    place: usize,
    order: usize,
    content: usize,
    deadline: Option<Duration>,
    patience: Option<Duration>,
    only_looks: bool,
}

/// Some calls, one after the other.
pub async fn call(site: Arc<Site>, orders: usize) {
    let calls = site.world.facts().rng.below(3) + 1;
    for _ in 0..calls {
        let wish = wish(&site, orders);
        sleep(wish.pause).await;
        if let Some(instance) = site.at(wish.place) {
            ask(&site.world, &instance, &wish).await;
        }
    }
}

fn wish(site: &Site, orders: usize) -> Wish {
    let mut facts = site.world.facts();
    let rng = &mut facts.rng;
    let most = rng.pick(&[0, 5, 300, 4000]);
    Wish {
        pause: rng.millis(0, most),
        place: rng.index(site.places()),
        order: rng.index(orders),
        content: usize::from(rng.chance(20)),
        deadline: rng.chance(60).then(|| rng.millis(50, 5000)),
        patience: rng.chance(20).then(|| rng.millis(0, 1000)),
        only_looks: rng.chance(15),
    }
}

async fn ask(world: &Arc<World>, instance: &Instance, wish: &Wish) {
    let (ended, hears) = oneshot::channel();
    let process = instance.process;
    let verifier = Arc::clone(&instance.verifier);
    let (order, content, looks) = (wish.order, wish.content, wish.only_looks);
    let deadline = wish.deadline.map(|deadline| Instant::now() + deadline);
    let told = Arc::clone(world);
    // In the gateway's process: what was told is what its handler came to.
    let handler = async move {
        // Together with the first step of the call: an order may end between the two otherwise.
        let call = Call::begin(&told, process, (order, content));
        let request = World::request(order, content);
        if looks {
            let found = verifier.find(&request.order_id, &Asker::default()).await;
            call.found(&mut told.facts(), found);
        } else {
            let ticket = told.ticket();
            let ended = verifier.verify(request, deadline, ticket).await;
            call.told(&mut told.facts(), &ended);
        }
        // Nobody waits when the caller has gone.
        let _ = ended.send(());
    };
    let task = world.executor.spawn(instance.process, handler);
    match wish.patience {
        Some(patience) => tokio::select! {
            biased;
            _ = hears => {}
            () = sleep(patience) => world.executor.abort(task),
        },
        // It ends as well when the process is killed.
        None => drop(hears.await),
    }
}
