//! What health says, name by name.

use std::time::Duration;

use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::Health as _;

use super::super::health::{Phase, Readiness, Reporter};
use super::rig::{Rig, Setup, request, setup};
use crate::verify::doubles::{Upi, cause};
use crate::verify::port::CallError;

const SERVICE: &str = "idphoto.v1.IdPhotoService";

fn named(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

async fn check(rig: &Rig, service: &str) -> ServingStatus {
    let mut client = HealthClient::new(rig.channel());
    let told = client.check(named(service)).await.unwrap();
    told.into_inner().status()
}

#[tokio::test]
async fn a_running_server_serves_under_both_names_and_lives() {
    let rig = setup().start().await;
    for service in ["", SERVICE, "live"] {
        assert_eq!(
            check(&rig, service).await,
            ServingStatus::Serving,
            "{service:?}"
        );
    }
}

#[tokio::test]
async fn readiness_is_told_from_serving_to_the_drain_only() {
    let (phases, upstream) = (
        tokio::sync::watch::Sender::new(Phase::Starting),
        tokio::sync::watch::Sender::new(crate::verify::Upstream::Unknown),
    );
    let ledger_up = tokio::sync::watch::Sender::new(true);
    let readiness = Readiness::new(phases.subscribe(), ledger_up.subscribe());
    let reporter = Reporter::new(readiness, upstream.subscribe());
    let says = async |service: &str| {
        let told = reporter.check(Request::new(named(service))).await;
        told.unwrap().into_inner().status()
    };
    let life = [
        (Phase::Starting, ServingStatus::NotServing),
        (Phase::Serving, ServingStatus::Serving),
        (Phase::Draining, ServingStatus::NotServing),
        (Phase::Ended, ServingStatus::NotServing),
    ];
    for (phase, expected) in life {
        phases.send_replace(phase);
        assert_eq!(says("").await, expected, "{phase:?}");
        assert_eq!(says(SERVICE).await, expected, "{phase:?}");
        assert_eq!(says("live").await, ServingStatus::Serving, "{phase:?}");
    }
}

#[tokio::test]
async fn upi_is_told_as_it_was_last_seen_and_does_not_flip_readiness() {
    let rig = setup().start().await;
    assert_eq!(check(&rig, "upi").await, ServingStatus::Unknown);
    rig.client().verify_id_photo(request("1")).await.unwrap();
    assert_eq!(check(&rig, "upi").await, ServingStatus::Serving);

    let upi = Upi::prompt(|| Err(CallError::NotSent(cause())));
    let rig = Setup { upi, ..setup() }.start().await;
    rig.failure(request("1")).await;
    assert_eq!(check(&rig, "upi").await, ServingStatus::NotServing);
    assert_eq!(check(&rig, "").await, ServingStatus::Serving);
}

#[tokio::test]
async fn a_check_of_an_unknown_name_finds_nothing() {
    let rig = setup().start().await;
    let mut client: HealthClient<Channel> = HealthClient::new(rig.channel());
    let status = client.check(named("other")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn a_watch_of_an_unknown_name_says_so_and_stays_open() {
    let rig = setup().start().await;
    let mut client = HealthClient::new(rig.channel());
    let mut statuses = client.watch(named("other")).await.unwrap().into_inner();
    let told = statuses.message().await.unwrap().unwrap();
    assert_eq!(told.status(), ServingStatus::ServiceUnknown);
    let more = timeout(Duration::from_millis(200), statuses.message()).await;
    assert!(more.is_err(), "{more:?}");
}

#[tokio::test]
async fn a_watch_streams_changes_and_nothing_else() {
    let rig = setup().start().await;
    let mut client = HealthClient::new(rig.channel());
    let mut statuses = client.watch(named("upi")).await.unwrap().into_inner();
    let told = statuses.message().await.unwrap().unwrap();
    assert_eq!(told.status(), ServingStatus::Unknown);
    for tag in ["1", "2"] {
        rig.client().verify_id_photo(request(tag)).await.unwrap();
    }
    let told = statuses.message().await.unwrap().unwrap();
    assert_eq!(told.status(), ServingStatus::Serving);
    let more = timeout(Duration::from_millis(200), statuses.message()).await;
    assert!(more.is_err(), "{more:?}");
}
