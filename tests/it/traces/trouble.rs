//! A collector that is gone, slow or never there costs counters, and no call.

use std::time::{Duration, Instant};

use tokio::net::TcpListener;

use crate::collector::{Collector, rejecting};
use crate::process::Gateway;
use crate::requests::request;
use crate::wait::until;

/// A gateway that exports to this address, and its admin page.
fn exporting_to(address: &str, settings: &[&str]) -> (Gateway, String) {
    let endpoint = format!("telemetry.otlp.endpoint=http://{address}");
    let ours = [
        endpoint.as_str(),
        "admin.listen=127.0.0.1:0",
        "server.drain_delay=0s",
    ];
    let settings = [&ours, settings].concat();
    let (gateway, mut told) = Gateway::start_told(&settings, &["admin listening on "]);
    let admin = told.remove(0);
    (gateway, admin)
}

async fn lost(admin: &str, labels: &str) -> u64 {
    let page = reqwest::get(format!("{admin}/metrics")).await.unwrap();
    let page = page.text().await.unwrap();
    let name = format!("idphoto_telemetry_lost_total{{{labels}}} ");
    let value = page.lines().find_map(|line| line.strip_prefix(&name));
    value.unwrap_or_else(|| panic!("{page}")).parse().unwrap()
}

async fn verify(gateway: &Gateway, calls: usize) {
    for _ in 0..calls {
        gateway
            .client()
            .verify_id_photo(request("test"))
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_that_nobody_takes_are_counted() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = nobody.local_addr().unwrap().to_string();
    drop(nobody);
    let (gateway, admin) = exporting_to(&address, &[]);
    verify(&gateway, 3).await;
    let failed = r#"cause="export_failed",signal="traces""#;
    until(failed, async || lost(&admin, failed).await >= 21).await;
    let warnings = gateway.process.printed();
    let warned = warnings
        .matches("the collector does not take telemetry")
        .count();
    assert_eq!(warned, 1, "{warnings}");
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_that_a_collector_rejects_are_counted_as_far_as_it_can_be_believed() {
    let collector = Collector::start().await;
    let address = collector.endpoint.trim_start_matches("http://");
    // What the exporter says is counted whatever is logged.
    let (gateway, admin) = exporting_to(address, &["telemetry.log_level=error"]);
    let failed = r#"cause="export_failed",signal="traces""#;
    collector.answer([rejecting(1)]);
    verify(&gateway, 1).await;
    // The eight of a call, and the sandbox's.
    until("nine spans", async || collector.spans().len() == 9).await;
    until(failed, async || lost(&admin, failed).await == 1).await;
    collector.answer((0..100).map(|_| rejecting(7000)));
    verify(&gateway, 2).await;
    until("27 spans", async || collector.spans().len() == 27).await;
    until(failed, async || lost(&admin, failed).await == 19).await;
    let printed = gateway.process.printed();
    assert!(!printed.contains("canary"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_says_nothing_holds_up_neither_calls_nor_the_end() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let (mut gateway, _) = exporting_to(&address, &["server.drain_timeout=3s"]);
    verify(&gateway, 3).await;
    let begun = Instant::now();
    gateway.process.signal("TERM");
    assert!(gateway.process.end().success());
    let taken = begun.elapsed();
    // An export that nobody ends takes ten seconds.
    assert!(taken < Duration::from_secs(9), "{taken:?}");
    let printed = gateway.process.printed();
    assert!(
        printed.contains("telemetry could not be exported to the end"),
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_over_tls_is_trusted_by_its_authority_and_by_no_other() {
    let names = ["127.0.0.1".to_owned()];
    let certificate = rcgen::generate_simple_self_signed(names).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("collector.pem");
    std::fs::write(&authority, certificate.cert.pem()).unwrap();
    let collector = Collector::start_tls(&certificate).await;
    let endpoint = format!("telemetry.otlp.endpoint={}", collector.endpoint);
    let trusted = format!("telemetry.otlp.ca_file={}", authority.display());

    let gateway = Gateway::start(&[&endpoint]);
    verify(&gateway, 1).await;
    gateway.process.prints("does not take telemetry").await;
    assert!(collector.spans().is_empty());

    let gateway = Gateway::start(&[&endpoint, &trusted]);
    verify(&gateway, 1).await;
    until("8 spans", async || collector.spans().len() >= 8).await;
}
