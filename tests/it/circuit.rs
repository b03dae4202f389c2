//! UPI goes away and comes back: the circuit to it, through the real binary.

use crate::process::{Process, client};
use crate::requests::{expected, request, row};
use crate::wait::until;

async fn metric(admin: &str, line: &str) -> bool {
    let metrics = reqwest::get(format!("{admin}/metrics")).await.unwrap();
    let metrics = metrics.text().await.unwrap();
    metrics.lines().any(|found| found == line)
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_refused_at_once_while_upi_is_away_and_go_on_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys").display().to_string();
    let sandbox = Process::start(&["sandbox", "--dir", &keys]);
    let upi = sandbox.wait_for("sandbox listening on http://");
    let config = format!("{keys}/idphoto.toml");
    let gateway = Process::start(&[
        "serve",
        "--config",
        &config,
        "--listen",
        "127.0.0.1:0",
        "--set",
        "admin.listen=127.0.0.1:0",
        "--set",
        "upi.breaker_failures=2",
    ]);
    let admin = gateway.wait_for("admin listening on ");
    let mut caller = client(&gateway.wait_for("gRPC listening on "));
    caller.verify_id_photo(request("test")).await.unwrap();
    assert!(metric(&admin, "idphoto_upi_circuit 0").await);
    drop(sandbox);

    let unreachable = expected(
        tonic::Code::Unavailable,
        "UPI_UNREACHABLE",
        "NOT_SENT",
        "SAME_ORDER",
    );
    let open = async || {
        let refused = caller.verify_id_photo(request("test")).await.unwrap_err();
        // The first one may meet a connection that is just ending.
        refused.code() == tonic::Code::Unknown || {
            assert_eq!(row(&refused), unreachable);
            metric(&admin, "idphoto_upi_circuit 2").await
        }
    };
    until("the circuit is open", open).await;
    let refused = caller.verify_id_photo(request("test")).await.unwrap_err();
    assert_eq!(row(&refused), unreachable);
    gateway.prints("the circuit is open").await;

    let again = Process::start(&["sandbox", "--dir", &keys, "--listen", &upi]);
    again.wait_for("sandbox listening on ");
    let back = async || caller.verify_id_photo(request("test")).await.is_ok();
    until("UPI is called again", back).await;
    assert!(metric(&admin, "idphoto_upi_circuit 0").await);
    assert!(!metric(&admin, "idphoto_upi_circuit_refused_total 0").await);
}
