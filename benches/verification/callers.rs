//! Callers: all at once, so many at a time, or at a rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use idphoto::pb::VerifyIdPhotoRequest;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

use crate::gateway::Gateway;
use crate::neighbours::Neighbours;
use crate::photo::{Photo, request};
use crate::posting::post;
use crate::tally::{Call, Tally};

const CLOSED: usize = 64;
const WARM_UP: Duration = Duration::from_secs(1);

pub struct Callers {
    channels: Vec<Channel>,
    endpoint: Endpoint,
    photo: Bytes,
    /// An order with an outcome.
    known: String,
}

impl Callers {
    pub async fn connect(gateway: &Gateway, photo: &Photo, connections: usize) -> Self {
        let channels = gateway.connect(connections).await;
        let photo = photo.0.clone();
        // The recorded answer is there before anything is measured.
        let first = request(photo.clone());
        let known = first.order_id.clone();
        let warm = call(channels[0].clone(), first, Instant::now()).await;
        assert_eq!(warm.code, Code::Ok, "the first call failed");
        Self {
            channels,
            endpoint: gateway.endpoint(),
            photo,
            known,
        }
    }

    pub async fn at_once(&self, calls: usize) -> Tally {
        let neighbours = self.neighbours();
        let begun = Instant::now();
        let mut all = JoinSet::new();
        for number in 0..calls {
            let channel = self.channels[number % self.channels.len()].clone();
            all.spawn(call(channel, request(self.photo.clone()), begun));
        }
        let calls = all.join_all().await;
        Tally::new(calls, begun, begun.elapsed(), neighbours.end().await)
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
                    let call = call(channel.clone(), request(photo.clone()), Instant::now()).await;
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

    /// Each caller has its next call when it has an answer.
    pub async fn in_turn(&self, in_flight: usize, calls: usize) -> Tally {
        let neighbours = self.neighbours();
        let begun = Instant::now();
        let mut all = JoinSet::new();
        for number in 0..in_flight {
            let channel = self.channels[number % self.channels.len()].clone();
            let photo = self.photo.clone();
            let share = calls.div_ceil(in_flight);
            all.spawn(async move {
                let mut done = Vec::new();
                for _ in 0..share {
                    let request = request(photo.clone());
                    done.push(call(channel.clone(), request, Instant::now()).await);
                }
                done
            });
        }
        let calls = all.join_all().await.concat();
        Tally::new(calls, begun, begun.elapsed(), neighbours.end().await)
    }

    pub async fn at_rate(&self, rate: f64, duration: Duration) -> Tally {
        let neighbours = self.neighbours();
        let begun = Instant::now();
        let mut all = JoinSet::new();
        let mut due = begun;
        let every = Duration::from_secs_f64(1.0 / rate);
        while due < begun + duration {
            sleep_until(due).await;
            // A timer has milliseconds; what is due by now goes now.
            while due <= Instant::now() && due < begun + duration {
                let channel = self.channels[all.len() % self.channels.len()].clone();
                all.spawn(call(channel, request(self.photo.clone()), due));
                due += every;
            }
        }
        let neighbours = neighbours.end().await;
        Tally::new(all.join_all().await, begun, duration, neighbours)
    }

    fn neighbours(&self) -> Neighbours {
        Neighbours::start(self.endpoint.clone(), self.known.clone())
    }
}

async fn call(channel: Channel, request: VerifyIdPhotoRequest, due: Instant) -> Call {
    let late = due.elapsed();
    let code = post(channel, request).await;
    Call {
        code,
        ended: Instant::now(),
        took: due.elapsed(),
        late,
    }
}
