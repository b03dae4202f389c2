//! The limit of file descriptors.

use std::process::Command;

use crate::process::Process;

/// `idphoto` under these limits of the shell.
fn limited(soft: u32, hard: u32) -> Process {
    let program = env!("CARGO_BIN_EXE_idphoto");
    let serve = "serve --sandbox --listen 127.0.0.1:0";
    let script = format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec {program} {serve}");
    let mut command = Command::new("sh");
    command.args(["-c", &script]);
    command.env("IDPHOTO_ADMIN__LISTEN", "none");
    Process::run(command)
}

#[test]
fn the_soft_limit_is_raised_to_the_hard_one() {
    let gateway = limited(64, 300);
    gateway.wait_for("gRPC listening on ");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", gateway.id())).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let numbers: Vec<_> = line.unwrap().split_whitespace().skip(3).take(2).collect();
    assert_eq!(numbers, ["300", "300"]);
}

#[tokio::test]
async fn callers_get_half_of_a_small_limit_and_the_log_says_so() {
    let gateway = limited(64, 300);
    gateway.prints("leaves room for 150 connections").await;
}
