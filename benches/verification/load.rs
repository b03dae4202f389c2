//! A slice of load: verifications, so many at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use idphoto::pb::id_photo_service_client::IdPhotoServiceClient;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use crate::gateway::Gateway;
use crate::numbers;
use crate::photo::{Photo, request};
use crate::process;

/// What a call leaves to do belongs to it: spans wait a tenth of a second before they are sent.
const AFTERWARDS: Duration = Duration::from_millis(150);

/// What one slice of load showed.
pub struct Slice {
    cpu: Duration,
    /// Of the load and of UPI, if UPI is in this process.
    others: Duration,
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

    /// Calls a second that two cores would serve if the load did not take its part of one: what it
    /// takes is subtracted, and what stays idle counts against the gateway.
    pub fn rate_beside_load(&self) -> f64 {
        let there = 2.0 * self.took.as_secs_f64() - self.others.as_secs_f64();
        2.0 * self.latencies.len() as f64 / there
    }

    pub fn percentile(&self, percent: usize) -> Duration {
        numbers::percentile(&self.latencies, percent)
    }
}

/// `calls` verifications, `in_flight` at a time, over four connections at most.
pub async fn slice(gateway: &Gateway, photo: &Photo, in_flight: usize, calls: usize) -> Slice {
    let channels = gateway.connect(in_flight.min(4)).await;
    let left = Arc::new(AtomicUsize::new(calls));
    let (before, others) = (gateway.cpu(), process::cpu("self"));
    let begun = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..in_flight {
        let channel = channels[caller % channels.len()].clone();
        let name = gateway.name.clone();
        callers.spawn(call(name, channel, photo.0.clone(), Arc::clone(&left)));
    }
    let mut latencies = callers.join_all().await.concat();
    let took = begun.elapsed();
    let others = process::cpu("self").saturating_sub(others);
    tokio::time::sleep(AFTERWARDS).await;
    let cpu = gateway.cpu() - before;
    latencies.sort_unstable();
    Slice {
        cpu,
        others,
        took,
        latencies,
    }
}

async fn call(
    name: String,
    channel: Channel,
    photo: Bytes,
    left: Arc<AtomicUsize>,
) -> Vec<Duration> {
    let mut client = IdPhotoServiceClient::new(channel);
    let mut latencies = Vec::new();
    let one_less = |left: usize| left.checked_sub(1);
    while left
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
        .is_ok()
    {
        let request = request(photo.clone());
        let start = Instant::now();
        let answer = client.verify_id_photo(request).await;
        answer.unwrap_or_else(|status| panic!("a call of {name} failed: {status}"));
        latencies.push(start.elapsed());
    }
    latencies
}
