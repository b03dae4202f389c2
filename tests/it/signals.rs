//! SIGINT and SIGTERM, once and twice, and what the log says of the end.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use crate::process::{Gateway, Process, idphoto};
use crate::requests::request;

/// More than any test takes, so that only a second signal ends a call that hangs.
const LONG: &str = "server.drain_timeout=10m";

/// A call that UPI never answers, once it is there.
async fn hanging(gateway: &Gateway) -> tokio::task::JoinHandle<bool> {
    let hanging = request("sandbox:fault=hang");
    let order_id = hanging.order_id.clone();
    let mut client = gateway.client();
    let call = tokio::spawn(async move { client.verify_id_photo(hanging).await.is_ok() });
    gateway.sent(&order_id).await;
    call
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_at_once_and_says_what_is_given_up() {
    for (first, second, code) in [
        ("INT", "INT", 130),
        ("TERM", "INT", 130),
        ("INT", "TERM", 143),
    ] {
        let mut gateway = Gateway::start(&[LONG]);
        let call = hanging(&gateway).await;
        gateway.process.signal(first);
        gateway
            .process
            .prints("waiting for 1 call and 1 order, at most 600 s")
            .await;
        gateway.process.signal(second);
        let status = gateway.process.end();
        assert_eq!(status.code(), Some(code), "{first}, {second}: {status}");
        assert_eq!(status.signal(), None);
        assert!(!call.await.unwrap());
        let expected = "a second signal: ended at once; 1 call and 1 order are given up, and \
                        their outcome is unknown";
        gateway.process.prints(expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_cuts_a_delay_in_which_nothing_is_under_way() {
    let mut gateway = Gateway::start(&[LONG, "server.drain_delay=9m"]);
    gateway.process.signal("TERM");
    gateway.process.prints("nothing is under way").await;
    gateway.process.signal("TERM");
    assert_eq!(gateway.process.end().code(), Some(143));
    gateway
        .process
        .prints("ended at once; nothing was under way")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandboxed_gateway_drains_without_a_delay_unless_one_is_set() {
    let mut gateway = Gateway::start(&[LONG]);
    gateway.process.signal("TERM");
    assert!(gateway.process.end().success());
    let line = "draining: health says NOT_SERVING, new calls are refused; nothing is under way";
    gateway.process.prints(line).await;
    gateway.process.prints("drained in ").await;

    let mut gateway = Gateway::start(&[LONG, "server.drain_delay=300ms"]);
    gateway.process.signal("TERM");
    assert!(gateway.process.end().success());
    let line = "new calls are taken for 1 s (server.drain_delay); nothing is under way";
    gateway.process.prints(line).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hard_end_says_what_is_given_up() {
    let mut gateway = Gateway::start(&["server.drain_timeout=1s"]);
    let call = hanging(&gateway).await;
    gateway.process.signal("TERM");
    assert!(gateway.process.end().success());
    assert!(!call.await.unwrap());
    gateway
        .process
        .prints("the drain's time is over: 1 call and 1 order are given up")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_signals_end_nothing_and_are_logged() {
    let mut gateway = Gateway::start(&[LONG]);
    for signal in ["USR1", "USR2", "ALRM"] {
        gateway.process.signal(signal);
        let line = format!("signal=\"SIG{signal}\"");
        gateway.process.prints(&line).await;
    }
    let answered = gateway.client().verify_id_photo(request("account")).await;
    assert!(answered.is_ok());
    gateway.process.signal("TERM");
    assert!(gateway.process.end().success());
}

#[test]
fn one_signal_still_ends_what_stays_up() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let commands: [(&[&str], &str); 2] = [
        (
            &["sandbox", "--dir", keys.to_str().unwrap()],
            "a gateway for it: ",
        ),
        (&["demo", "--stay"], "Both stay up until Ctrl-C."),
    ];
    for (args, ready) in commands {
        let command: Command = idphoto(args);
        let mut process = Process::run(command);
        process.wait_for(ready);
        process.signal("INT");
        let status = process.end();
        assert!(
            status.success(),
            "{args:?}: {status}: {}",
            process.printed()
        );
    }
}
