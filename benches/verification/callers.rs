//! Callers: all at once, so many at a time, or at a rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use idphoto::pb::id_photo_service_client::IdPhotoServiceClient;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::gateway::Gateway;
use crate::photo::{Photo, request};
use crate::tally::{Call, Tally};

/// As long as the clients wait by themselves.
const TIMEOUT: Duration = Duration::from_secs(65);
const CLOSED: usize = 64;
const WARM_UP: Duration = Duration::from_secs(1);
const PROBES: Duration = Duration::from_millis(25);

pub struct Callers {
    channels: Vec<Channel>,
    endpoint: Endpoint,
    photo: Bytes,
}

impl Callers {
    pub async fn connect(gateway: &Gateway, photo: &Photo, connections: usize) -> Self {
        let channels = gateway.connect(connections).await;
        let photo = photo.0.clone();
        // The recorded answer is there before anything is measured.
        let warm = call(channels[0].clone(), photo.clone(), Instant::now()).await;
        assert_eq!(warm.code, Code::Ok, "the first call failed");
        Self {
            channels,
            endpoint: gateway.endpoint(),
            photo,
        }
    }

    pub async fn at_once(&self, calls: usize) -> Tally {
        let probes = self.probe();
        let begun = Instant::now();
        let mut all = JoinSet::new();
        for number in 0..calls {
            let channel = self.channels[number % self.channels.len()].clone();
            all.spawn(call(channel, self.photo.clone(), begun));
        }
        let calls = all.join_all().await;
        Tally::new(calls, begun, begun.elapsed(), probes.end().await)
    }

    /// Calls for each second that get an answer when as many callers as are worth it wait for
    /// theirs.
    pub async fn capacity(&self, measured: Duration) -> f64 {
        let answered = Arc::new(AtomicUsize::new(0));
        let mut callers = JoinSet::new();
        for number in 0..CLOSED {
            let channel = self.channels[number % self.channels.len()].clone();
            let (photo, answered) = (self.photo.clone(), Arc::clone(&answered));
            callers.spawn(async move {
                loop {
                    let call = call(channel.clone(), photo.clone(), Instant::now()).await;
                    assert_eq!(call.code, Code::Ok, "a call in the closed loop failed");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        tokio::time::sleep(WARM_UP).await;
        let (begun, before) = (Instant::now(), answered.load(Ordering::Relaxed));
        let mut during = 0;
        // A debug build on a busy machine may have none in that time.
        while during == 0 {
            tokio::time::sleep(measured).await;
            during = answered.load(Ordering::Relaxed) - before;
        }
        let capacity = f64::from(u32::try_from(during).unwrap()) / begun.elapsed().as_secs_f64();
        callers.shutdown().await;
        // What was under way at the gateway ends.
        tokio::time::sleep(WARM_UP).await;
        capacity
    }

    pub async fn at_rate(&self, rate: f64, duration: Duration) -> Tally {
        let probes = self.probe();
        let begun = Instant::now();
        let mut all = JoinSet::new();
        let mut due = begun;
        let every = Duration::from_secs_f64(1.0 / rate);
        while due < begun + duration {
            sleep_until(due).await;
            // A timer has milliseconds; what is due by now goes now.
            while due <= Instant::now() && due < begun + duration {
                let channel = self.channels[all.len() % self.channels.len()].clone();
                all.spawn(call(channel, self.photo.clone(), due));
                due += every;
            }
        }
        let probes = probes.end().await;
        Tally::new(all.join_all().await, begun, duration, probes)
    }

    /// On a thread of its own: the callers' work is not the gateway's.
    fn probe(&self) -> Probes {
        let endpoint = self.endpoint.clone();
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        let asking = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(ask(endpoint, end))
        });
        Probes { ended, asking }
    }
}

struct Probes {
    ended: Arc<AtomicBool>,
    asking: JoinHandle<Vec<Duration>>,
}

impl Probes {
    async fn end(self) -> Vec<Duration> {
        self.ended.store(true, Ordering::Relaxed);
        let joining = tokio::task::spawn_blocking(|| self.asking.join());
        joining.await.unwrap().unwrap()
    }
}

async fn ask(endpoint: Endpoint, end: Arc<AtomicBool>) -> Vec<Duration> {
    let client = HealthClient::new(endpoint.connect().await.unwrap());
    let mut ticks = interval(PROBES);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut asked = JoinSet::new();
    while !end.load(Ordering::Relaxed) {
        let due = ticks.tick().await;
        let mut client = client.clone();
        asked.spawn(async move {
            let check = client.check(HealthCheckRequest::default()).await;
            check.expect("a health check failed");
            due.elapsed()
        });
    }
    asked.join_all().await
}

async fn call(channel: Channel, photo: Bytes, due: Instant) -> Call {
    let late = due.elapsed();
    let mut request = Request::new(request(photo));
    request.set_timeout(TIMEOUT);
    let answer = IdPhotoServiceClient::new(channel)
        .verify_id_photo(request)
        .await;
    Call {
        code: answer.err().map_or(Code::Ok, |status| status.code()),
        ended: Instant::now(),
        took: due.elapsed(),
        late,
    }
}
