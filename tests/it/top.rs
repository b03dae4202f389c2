//! `idphoto top`, of the real binary.

use std::process::Stdio;

use crate::admin::start;
use crate::privacy;
use crate::process::idphoto;

/// `idphoto top --once`; its exit code and what it printed on standard output.
async fn top(admin: &str) -> (Option<i32>, String) {
    let output = tokio::process::Command::from(idphoto(&["top", "--admin", admin]))
        .args(["--once", "--interval", "200ms"])
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), told)
}

#[tokio::test(flavor = "multi_thread")]
async fn top_shows_a_gateway_without_the_people_behind_its_calls() {
    let (gateway, admin) = start(&[]);
    for request in privacy::requests_of_a_canary() {
        let _ = gateway.client().verify_id_photo(request).await;
    }
    let (code, told) = top(&admin).await;
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("Latency p50 p95 p99"), "{told}");
    assert!(!told.contains('\x1b'), "{told}");
    for trace in privacy::traces() {
        assert!(!told.contains(&trace), "{trace} is in {told}");
    }
    drop(gateway);
    let (code, told) = top(&admin).await;
    assert_eq!((code, told.as_str()), (Some(69), ""));
}

#[test]
fn top_refuses_what_is_no_admin_port() {
    for args in [["--admin", "https://127.0.0.1:9464"], ["--interval", "1ms"]] {
        let output = idphoto(&["top", "--once"]).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{args:?}");
    }
}
