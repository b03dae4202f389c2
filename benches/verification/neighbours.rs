//! Callers who want something small meanwhile: health, and what became of an order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use idphoto::pb::GetVerificationRequest;
use idphoto::pb::id_photo_service_client::IdPhotoServiceClient;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

const EVERY: Duration = Duration::from_millis(25);

/// In ascending order, from the moment each was due.
#[derive(Default)]
pub struct Times {
    pub health: Vec<Duration>,
    pub questions: Vec<Duration>,
    /// Those that were refused, or ended otherwise.
    pub failed: usize,
}

impl Times {
    pub fn add(&mut self, more: Self) {
        self.failed += more.failed;
        self.health.extend(more.health);
        self.questions.extend(more.questions);
        self.health.sort_unstable();
        self.questions.sort_unstable();
    }
}

pub struct Neighbours {
    ended: Arc<AtomicBool>,
    asking: JoinHandle<Times>,
}

impl Neighbours {
    /// 40 times a second, over a connection of their own, on a thread of its own: the callers'
    /// work is not the gateway's.
    pub fn start(endpoint: Endpoint, order_id: String) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        let asking = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(ask(endpoint, order_id, end))
        });
        Self { ended, asking }
    }

    pub async fn end(self) -> Times {
        self.ended.store(true, Ordering::Relaxed);
        let joining = tokio::task::spawn_blocking(|| self.asking.join());
        joining.await.unwrap().unwrap()
    }
}

async fn ask(endpoint: Endpoint, order_id: String, end: Arc<AtomicBool>) -> Times {
    let channel = endpoint.connect().await.unwrap();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut health, mut questions) = (JoinSet::new(), JoinSet::new());
    while !end.load(Ordering::Relaxed) {
        let due = ticks.tick().await;
        let (to_health, to_orders) = (channel.clone(), channel.clone());
        let order_id = order_id.clone();
        health.spawn(async move { is_serving(to_health).await.then(|| due.elapsed()) });
        questions.spawn(async move { is_known(to_orders, order_id).await.then(|| due.elapsed()) });
    }
    let asked = health.len() + questions.len();
    let (health, questions) = (in_order(health).await, in_order(questions).await);
    Times {
        failed: asked - health.len() - questions.len(),
        health,
        questions,
    }
}

async fn is_serving(channel: Channel) -> bool {
    let mut client = HealthClient::new(channel);
    let check = client.check(HealthCheckRequest::default()).await;
    check.is_ok()
}

async fn is_known(channel: Channel, order_id: String) -> bool {
    let mut client = IdPhotoServiceClient::new(channel);
    let question = GetVerificationRequest { order_id };
    let answer = client.get_verification(question).await;
    answer.is_ok()
}

/// Of those that had an answer.
async fn in_order(times: JoinSet<Option<Duration>>) -> Vec<Duration> {
    let mut times: Vec<_> = times.join_all().await.into_iter().flatten().collect();
    times.sort_unstable();
    times
}
