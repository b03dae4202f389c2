//! What becomes of calls on connections that UPI is just closing, and what a connection for each
//! call costs.
//!
//! ```sh
//! cargo bench --bench reuse              # both tables
//! cargo bench --bench reuse -- loss      # or one: loss, price
//! ```
//!
//! Loss: calls back to back to a peer that closes each connection so many milliseconds after its
//! answer, whatever has come meanwhile. *Lost* calls end as unknown, *refused* ones with the proof
//! that the peer cannot have had them whole. The round trip is made by a proxy that delays what it
//! passes on; its rows speak TLS, those without a round trip do not.
//!
//! | of 150 calls, lost (refused) | before | last piece not held back | held back: the default |
//! |---|---|---|---|
//! | 16 KB, closes 0, 1, 5 ms after its answer | 2, 73, 75 | 31, 75, 75 | 0 (22), 0 (75), 0 (75) |
//! | 150 KB | 5, 74, 75 | 30, 75, 75 | 0 (1), 0 (75), 0 (75) |
//! | 16 KB, 100 ms round trip | 5, 71, 75 | 6, 58, 72 | 0 (6), 0 (65), 0 (74) |
//! | 150 KB, 100 ms round trip | 14, 71, 75 | 4, 61, 74 | 0 (2), 0 (70), 0 (74) |
//!
//! With a connection for each call there was none in any column. The kernel takes 200 KB at once
//! from whoever is near (the proxy is), so pieces alone prove nothing: the time has to pass.
//!
//! Price: a peer that closes nothing, over TLS. The time is a call's, the processor time that of
//! the gateway's side alone, which has a thread for itself.
//!
//! | 8 callers: p50, processor time | reuse | one_per_call |
//! |---|---|---|
//! | 16 KB | 12.2 ms, 0.18 ms | 2.8 ms, 0.35 ms |
//! | 150 KB | 12.4 ms, 0.22 ms | 3.3 ms, 0.34 ms |
//! | 16 KB, 100 ms round trip | 217 ms, 0.24 ms | 312 ms, 0.44 ms |
//! | 150 KB, 100 ms round trip | 216 ms, 0.35 ms | 313 ms, 0.66 ms |
//!
//! Two cores, 2026; the proxy has no congestion window, so a large body goes at once there, which
//! no real way of 100 ms lets it.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark reports by printing, and fails by panicking"
)]

#[path = "reuse/peer.rs"]
mod peer;
#[path = "reuse/rig.rs"]
mod rig;
#[path = "reuse/way.rs"]
mod way;

use std::time::{Duration, Instant};

use idphoto::upi::transport::Connections;
use idphoto::verify::port::CallError;
use peer::Peer;
use rig::Rig;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

const CALLS: usize = 150;
/// For the price, near and far.
const CALLS_TO_PAY: [usize; 2] = [200, 40];
const PHOTOS: [usize; 2] = [16 * 1024, 150 * 1024];
const SETTINGS: [(&str, Connections); 2] = [
    ("reuse", Connections::Reuse),
    ("one_per_call", Connections::OnePerCall),
];
const ROUND_TRIPS: [Duration; 2] = [Duration::ZERO, Duration::from_millis(100)];

fn main() {
    let chosen: Vec<_> = std::env::args().skip(1).collect();
    let wanted = |name: &str| {
        let mut names = chosen.iter().filter(|argument| !argument.starts_with('-'));
        names.clone().next().is_none() || names.any(|chosen| chosen == name)
    };
    let far = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let near = Builder::new_current_thread().enable_all().build().unwrap();
    if wanted("loss") {
        loss(&near, &far);
    }
    if wanted("price") {
        price(&near, &far);
    }
}

/// One row of the first table.
#[derive(Clone, Copy)]
struct Row {
    photo: usize,
    setting: (&'static str, Connections),
    round_trip: Duration,
    close: u64,
}

fn loss(near: &Runtime, far: &Runtime) {
    println!("photo   round trip  connections   close after  calls  lost  refused  p50");
    for round_trip in ROUND_TRIPS {
        let rows = rows(round_trip);
        if round_trip.is_zero() {
            for row in rows {
                println!("{}", near.block_on(lose(row, far)));
            }
            continue;
        }
        // They wait most of the time: all at once.
        let lines = near.block_on(async {
            let losing: Vec<_> = rows.into_iter().map(|row| lose(row, far)).collect();
            futures_util::future::join_all(losing).await
        });
        println!("{}", lines.join("\n"));
    }
}

fn rows(round_trip: Duration) -> Vec<Row> {
    let mut rows = Vec::new();
    for photo in PHOTOS {
        for setting in SETTINGS {
            for close in [0, 1, 5] {
                rows.push(Row {
                    photo,
                    setting,
                    round_trip,
                    close,
                });
            }
        }
    }
    rows
}

async fn lose(row: Row, far: &Runtime) -> String {
    let close = Some(Duration::from_millis(row.close));
    let peer = Peer::start(far, close, row.round_trip, !row.round_trip.is_zero());
    let rig = Rig::new(&peer, row.setting.1, row.photo);
    let (mut lost, mut refused) = (0, 0);
    let mut took = Vec::new();
    for _ in 0..CALLS {
        let begun = Instant::now();
        match rig.call().await {
            Err(CallError::Unknown(_)) => lost += 1,
            Err(CallError::NotSent(_) | CallError::NoConnection(_)) => refused += 1,
            _ => took.push(begun.elapsed()),
        }
    }
    assert!(peer.whole() + refused <= CALLS, "a proof was wrong");
    format!(
        "{:3} KB  {:7} ms  {:12}  {:8} ms  {CALLS:5}  {lost:4}  {refused:7}  {}",
        row.photo / 1024,
        row.round_trip.as_millis(),
        row.setting.0,
        row.close,
        milliseconds(median(&mut took)),
    )
}

fn price(near: &Runtime, far: &Runtime) {
    println!(
        "\nphoto   round trip  connections   callers  p50        processor time for each call"
    );
    for round_trip in ROUND_TRIPS {
        for photo in PHOTOS {
            for setting in SETTINGS {
                for callers in [1, 8] {
                    let row = Row {
                        photo,
                        setting,
                        round_trip,
                        close: 0,
                    };
                    println!("{}", near.block_on(pay(row, callers, far)));
                }
            }
        }
    }
}

async fn pay(row: Row, callers: usize, far: &Runtime) -> String {
    let peer = Peer::start(far, None, row.round_trip, true);
    let rig = Rig::new(&peer, row.setting.1, row.photo);
    let calls = CALLS_TO_PAY[usize::from(!row.round_trip.is_zero())];
    // The first connection loads what later ones have.
    let _ = rig.call().await;
    let before = processor_time();
    let mut all = JoinSet::new();
    for _ in 0..callers {
        let rig = rig.clone();
        all.spawn(async move {
            let mut took = Vec::new();
            for _ in 0..calls / callers {
                let begun = Instant::now();
                let _ = rig.call().await;
                took.push(begun.elapsed());
            }
            took
        });
    }
    let mut took = all.join_all().await.concat();
    let cost = (processor_time() - before) / u32::try_from(took.len()).unwrap();
    format!(
        "{:3} KB  {:7} ms  {:12}  {callers:7}  {}  {}",
        row.photo / 1024,
        row.round_trip.as_millis(),
        row.setting.0,
        milliseconds(median(&mut took)),
        milliseconds(cost),
    )
}

fn median(took: &mut [Duration]) -> Duration {
    took.sort_unstable();
    took.get(took.len() / 2).copied().unwrap_or_default()
}

fn milliseconds(duration: Duration) -> String {
    format!("{:6.2} ms", duration.as_secs_f64() * 1000.0)
}

/// Of this thread, by Linux.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanos = text.split(' ').next().unwrap().parse().unwrap();
    Duration::from_nanos(nanos)
}
