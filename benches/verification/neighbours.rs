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
        health.spawn(async move {
            is_serving(to_health).await;
            due.elapsed()
        });
        questions.spawn(async move {
            is_known(to_orders, order_id).await;
            due.elapsed()
        });
    }
    Times {
        health: in_order(health).await,
        questions: in_order(questions).await,
    }
}

async fn is_serving(channel: Channel) {
    let mut client = HealthClient::new(channel);
    let check = client.check(HealthCheckRequest::default()).await;
    check.expect("a health check failed");
}

async fn is_known(channel: Channel, order_id: String) {
    let mut client = IdPhotoServiceClient::new(channel);
    let question = GetVerificationRequest { order_id };
    let answer = client.get_verification(question).await;
    answer.expect("a question failed");
}

async fn in_order(times: JoinSet<Duration>) -> Vec<Duration> {
    let mut times = times.join_all().await;
    times.sort_unstable();
    times
}
