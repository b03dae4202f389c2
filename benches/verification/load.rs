//! The load: verifications with the largest photo, so many at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use idphoto::pb::id_photo_service_client::IdPhotoServiceClient;
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};

use crate::photo::{Photo, request};
use crate::process::Gateway;

/// What a call leaves to do belongs to it: spans wait a tenth of a second before they are sent.
const AFTERWARDS: Duration = Duration::from_millis(150);

/// What one slice of load showed.
pub struct Slice {
    cpu: Duration,
    took: Duration,
    latencies: Vec<Duration>,
}

impl Slice {
    pub fn cpu_per_call(&self) -> Duration {
        self.cpu / u32::try_from(self.latencies.len()).unwrap()
    }

    /// Calls a second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }

    pub fn percentile(&self, percent: usize) -> Duration {
        self.latencies[(self.latencies.len() - 1) * percent / 100]
    }
}

/// `calls` verifications, `in_flight` at a time, over four connections at most.
pub async fn slice(gateway: &Gateway, photo: &Photo, in_flight: usize, calls: usize) -> Slice {
    let mut channels = Vec::new();
    for _ in 0..in_flight.min(4) {
        let endpoint = Endpoint::from_shared(format!("http://{}", gateway.address)).unwrap();
        channels.push(endpoint.connect().await.unwrap());
    }
    let left = Arc::new(AtomicUsize::new(calls));
    let (before, begun) = (gateway.cpu(), Instant::now());
    let mut callers = JoinSet::new();
    for caller in 0..in_flight {
        let channel = channels[caller % channels.len()].clone();
        callers.spawn(call(channel, photo.0.clone(), Arc::clone(&left)));
    }
    let mut latencies = callers.join_all().await.concat();
    let took = begun.elapsed();
    tokio::time::sleep(AFTERWARDS).await;
    let cpu = gateway.cpu() - before;
    latencies.sort_unstable();
    Slice {
        cpu,
        took,
        latencies,
    }
}

async fn call(channel: Channel, photo: Bytes, left: Arc<AtomicUsize>) -> Vec<Duration> {
    let mut client = IdPhotoServiceClient::new(channel);
    let mut latencies = Vec::new();
    let one_less = |left: usize| left.checked_sub(1);
    while left
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
        .is_ok()
    {
        let request = request(photo.clone());
        let start = Instant::now();
        client.verify_id_photo(request).await.unwrap();
        latencies.push(start.elapsed());
    }
    latencies
}
