use std::sync::Arc;

use tonic::Status;

use super::super::{Losses, Signal};
use super::Outcome;

/// Of spans that collectors did not take, after one message.
fn lost(sent: Result<Option<i64>, Status>) -> u64 {
    let losses = Arc::new(Losses::default());
    Outcome::new(Signal::Traces, Arc::clone(&losses)).note(sent, 5);
    let [_, (signal, cause, lost), ..] = losses.all();
    assert_eq!((signal, cause), ("traces", "export_failed"));
    lost
}

#[test]
fn a_message_that_was_taken_loses_nothing() {
    assert_eq!(lost(Ok(None)), 0);
    assert_eq!(lost(Ok(Some(0))), 0);
}

#[test]
fn a_message_that_was_not_taken_loses_all() {
    assert_eq!(lost(Err(Status::unavailable(""))), 5);
}

#[test]
fn what_a_collector_rejects_is_lost() {
    assert_eq!(lost(Ok(Some(2))), 2);
}

#[test]
fn a_collector_that_cannot_count_is_not_believed() {
    assert_eq!(lost(Ok(Some(-1))), 0);
    assert_eq!(lost(Ok(Some(700))), 5);
}
