//! The load: verifications with the largest photo, so many at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use idphoto::domain::OrderId;
use idphoto::pb::id_photo_service_client::IdPhotoServiceClient;
use idphoto::pb::{Consent, Customer, VerifyIdPhotoRequest};
use time::OffsetDateTime;
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};

use crate::process::Gateway;

/// 204,800 characters of base64.
const LARGEST: usize = 153_600;

/// What a call leaves to do belongs to it: spans wait a tenth of a second before they are sent.
const AFTERWARDS: Duration = Duration::from_millis(150);

/// The portrait of the demo, filled up to the largest size behind its end marker. Nobody
/// decodes it, and what is encoded, hashed and moved is the same.
pub struct Photo(pub Bytes);

impl Photo {
    pub fn largest() -> Self {
        let mut photo = include_bytes!("../../assets/demo/portrait.jpg").to_vec();
        let mut state = 1_u32;
        while photo.len() < LARGEST {
            // Numerical Recipes' generator: noise does not compress, like a real photo.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            photo.push(state.to_be_bytes()[0]);
        }
        Self(photo.into())
    }
}

/// What one slice of load showed.
pub struct Slice {
    cpu: Duration,
    latencies: Vec<Duration>,
}

impl Slice {
    pub fn cpu_per_call(&self) -> Duration {
        self.cpu / u32::try_from(self.latencies.len()).unwrap()
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
    let before = gateway.cpu();
    let mut callers = JoinSet::new();
    for caller in 0..in_flight {
        let channel = channels[caller % channels.len()].clone();
        callers.spawn(call(channel, photo.0.clone(), Arc::clone(&left)));
    }
    let mut latencies = callers.join_all().await.concat();
    tokio::time::sleep(AFTERWARDS).await;
    let cpu = gateway.cpu() - before;
    latencies.sort_unstable();
    Slice { cpu, latencies }
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

fn request(photo: Bytes) -> VerifyIdPhotoRequest {
    let order_id = OrderId::mint(OffsetDateTime::now_utc()).unwrap();
    VerifyIdPhotoRequest {
        order_id: order_id.to_string(),
        customer: Some(Customer {
            name: "李雷".to_owned(),
            id_number: "11010519491231002X".to_owned(),
        }),
        photo,
        consent: Some(Consent {
            usage_scenario: "sandbox:confidence=97".to_owned(),
            purpose: "benchmark".to_owned(),
            agreement_version: "terms 1".to_owned(),
            agreement_serial: "20260101000001".to_owned(),
        }),
        merchant: None,
        validate_only: false,
    }
}
