//! What rules for callers cost, and what one caller's excess does to another.
//!
//! Callers are told by a proxy, as in a mesh: the header costs more than a certificate, which is
//! looked at once a connection. The CPU of a call with rules and without is measured by turns, 16 in
//! flight. Then `steady` makes 20 calls a second, alone and beside `greedy`, whose `rate` is 20 and
//! which makes 200.

use std::time::Duration;

use idphoto::pb::id_photo_service_client::IdPhotoServiceClient;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tonic::transport::Channel;
use tonic::{Code, Request};

use crate::bench::Bench;
use crate::gateway::Gateway;
use crate::machine::Cores;
use crate::numbers::{Spread, percentile};
use crate::photo::request;
use crate::process::OURS;

const RULES: &str = r#"callers=[
    { name = "steady", identities = ["spiffe://bank.example/ns/steady/*"], max_in_flight = 1000 },
    { name = "greedy", identities = ["spiffe://bank.example/ns/greedy/*"], rate = 20 }]"#;
const IN_FLIGHT: usize = 16;
/// Calls a second of who keeps within its share.
const STEADY: f64 = 20.0;
const GREEDY: f64 = 200.0;
const AFTERWARDS: Duration = Duration::from_millis(150);

pub async fn measure(bench: &Bench) {
    bench.upi.takes(Duration::ZERO);
    let proxies = r#"auth.trusted_proxies=["127.0.0.0/8"]"#.to_owned();
    let settings = [RULES.replace('\n', " "), proxies];
    let open = bench.gateway(OURS, Cores::One, "no rules", &[]);
    let ruled = bench.gateway(OURS, Cores::One, "rules", &settings);
    cost(bench, &open, &ruled).await;
    excess(bench, &ruled).await;
}

async fn cost(bench: &Bench, open: &Gateway, ruled: &Gateway) {
    for gateway in [open, ruled] {
        slice(bench, gateway).await;
    }
    let mut ratios = Vec::new();
    for number in 0..bench.scale.compared {
        // Who comes second has it a little harder.
        let ratio = if number % 2 == 0 {
            let without = slice(bench, open).await;
            slice(bench, ruled).await / without
        } else {
            let with = slice(bench, ruled).await;
            with / slice(bench, open).await
        };
        ratios.push(ratio);
    }
    let Spread { median, low, high } = Spread::of(ratios);
    println!("CPU per call with rules ÷ without: {median:.3} ({low:.2} to {high:.2})");
}

/// CPU of a call, in seconds.
async fn slice(bench: &Bench, gateway: &Gateway) -> f64 {
    let channels = gateway.connect(4).await;
    let before = gateway.cpu();
    let mut callers = JoinSet::new();
    let share = bench.scale.calls / IN_FLIGHT + 1;
    for number in 0..IN_FLIGHT {
        let (channel, photo) = (channels[number % 4].clone(), bench.photo.0.clone());
        callers.spawn(async move {
            for _ in 0..share {
                let (code, _) =
                    call("steady", channel.clone(), photo.clone(), Instant::now()).await;
                assert_eq!(code, Code::Ok);
            }
        });
    }
    callers.join_all().await;
    tokio::time::sleep(AFTERWARDS).await;
    (gateway.cpu() - before).as_secs_f64() / (share * IN_FLIGHT) as f64
}

async fn excess(bench: &Bench, gateway: &Gateway) {
    let mut ratios = Vec::new();
    for _ in 0..bench.scale.open_loops {
        let alone = at_rate(bench, gateway, "steady", STEADY).await;
        let (beside, greedy) = tokio::join!(
            at_rate(bench, gateway, "steady", STEADY),
            at_rate(bench, gateway, "greedy", GREEDY)
        );
        assert!([&alone, &beside].iter().all(|calls| calls.refused == 0));
        let [alone, beside] = [alone, beside].map(|calls| percentile(&calls.times, 99));
        println!(
            "steady p99: alone {alone:.1?}, beside 10 times the rate {beside:.1?}; greedy: {} of {} refused",
            greedy.refused,
            greedy.refused + greedy.times.len(),
        );
        ratios.push(beside.as_secs_f64() / alone.as_secs_f64());
    }
    println!(
        "steady p99, beside ÷ alone: {:.2}",
        Spread::of(ratios).median
    );
}

struct Calls {
    /// Of answers, in ascending order, from the moment each was due.
    times: Vec<Duration>,
    refused: usize,
}

async fn at_rate(bench: &Bench, gateway: &Gateway, caller: &'static str, rate: f64) -> Calls {
    let channel = gateway.connect(1).await.remove(0);
    let (begun, every) = (Instant::now(), Duration::from_secs_f64(1.0 / rate));
    let mut calls = JoinSet::new();
    let mut due = begun;
    while due < begun + bench.scale.open {
        sleep_until(due).await;
        calls.spawn(call(caller, channel.clone(), bench.photo.0.clone(), due));
        due += every;
    }
    let (answered, refused): (Vec<_>, Vec<_>) = calls
        .join_all()
        .await
        .into_iter()
        .partition(|(code, _)| *code == Code::Ok);
    assert!(
        refused
            .iter()
            .all(|(code, _)| *code == Code::ResourceExhausted)
    );
    let mut times: Vec<_> = answered.into_iter().map(|(_, took)| took).collect();
    times.sort_unstable();
    Calls {
        times,
        refused: refused.len(),
    }
}

/// A call of a workload, as a sidecar passes it on.
async fn call(
    caller: &str,
    channel: Channel,
    photo: bytes::Bytes,
    due: Instant,
) -> (Code, Duration) {
    let element = format!(
        "By=spiffe://bank.example/ns/gateway/sa/idphoto;Hash={};Subject=\"\";\
         URI=spiffe://bank.example/ns/{caller}/sa/api",
        "ab".repeat(32)
    );
    let mut request = Request::new(request(photo));
    let element = element.parse().unwrap();
    request
        .metadata_mut()
        .insert("x-forwarded-client-cert", element);
    let mut client = IdPhotoServiceClient::new(channel);
    let answer = client.verify_id_photo(request).await;
    let code = answer.err().map_or(Code::Ok, |status| status.code());
    (code, due.elapsed())
}
