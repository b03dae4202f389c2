//! Metrics as a collector gets them.

use std::collections::{BTreeMap, BTreeSet};

use idphoto::telemetry::metrics::table;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;

use super::exporting;
use crate::collector::{Collector, attributes};
use crate::requests::request;
use crate::wait::until;

/// The attributes of all points of a metric.
fn labels(metric: &Metric) -> BTreeSet<String> {
    let points: Vec<_> = match metric.data.as_ref().unwrap() {
        Data::Sum(sum) => sum
            .data_points
            .iter()
            .map(|it| attributes(&it.attributes))
            .collect(),
        Data::Gauge(gauge) => gauge
            .data_points
            .iter()
            .map(|it| attributes(&it.attributes))
            .collect(),
        Data::Histogram(it) => it
            .data_points
            .iter()
            .map(|it| attributes(&it.attributes))
            .collect(),
        other => panic!("{other:?}"),
    };
    points.into_iter().flat_map(BTreeMap::into_keys).collect()
}

/// Of what this gateway does not have: keys with certificates, callers with budgets, tokens of either
/// kind.
const NOT_HERE: [&str; 6] = [
    "idphoto.key.expiry",
    "idphoto.budget.left",
    "idphoto.budget.limit",
    "idphoto.jwks.keys",
    "idphoto.jwks.last_good",
    "idphoto.token.sessions",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_collector_gets_the_metrics_of_the_table_and_no_others() {
    let collector = Collector::start().await;
    let home = tempfile::tempdir().unwrap();
    // A ledger in memory has no commits, and no size.
    let ledger = format!("ledger.url=sqlite:{}/ledger.db", home.path().display());
    let settings = [
        "server.drain_delay=0s",
        "telemetry.otlp.metrics_interval=1s",
        &ledger,
    ];
    let mut gateway = exporting(&collector, &settings);
    let mut client = gateway.client();
    client.verify_id_photo(request("test")).await.unwrap();
    client
        .verify_id_photo(request("sandbox:code=70"))
        .await
        .unwrap();
    client
        .verify_id_photo(request("sandbox:fault=reset"))
        .await
        .unwrap_err();
    let sized = |metric: &Metric| metric.name == table::LEDGER_SIZE.name;
    until("the ledger's size", async || {
        collector.metrics().iter().any(sized)
    })
    .await;
    gateway.process.signal("TERM");
    gateway.process.end();
    let metrics = collector.metrics();
    let found: BTreeMap<_, _> = metrics
        .iter()
        .map(|metric| (metric.name.as_str(), (metric.unit.as_str(), labels(metric))))
        .collect();
    let table = table::ALL
        .iter()
        .filter(|metric| !NOT_HERE.contains(&metric.name));
    let table = table.map(|metric| {
        let labels = metric
            .labels
            .iter()
            .map(|&label| label.to_owned())
            .collect();
        (metric.name, (metric.unit, labels))
    });
    assert_eq!(found, table.collect());
}
