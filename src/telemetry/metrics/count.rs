//! From events to numbers.

use std::time::Duration;

use opentelemetry::KeyValue;
use time::OffsetDateTime;

use super::instruments::{Instruments, seconds};
use crate::domain::{ANONYMOUS, Answer, CallerName, Category, Dispatch, Outcome, Rejection};
use crate::observe::{CallEnd, Circuit, Event, Resender};

impl Instruments {
    pub(super) fn count(&self, event: &Event<'_>) {
        match event {
            Event::CallBegan(method) => self.calls_active.add(1, &[method_label(method)]),
            Event::CallEnded(call) => {
                self.calls_active.add(-1, &[method_label(call.method)]);
                self.call_ended(call);
            }
            Event::CallRefused(call) => self.call_ended(call),
            Event::Resent(by) => self.attempts_replayed.add(1, &[label("by", resender(*by))]),
            Event::ForwardedIgnored => self.forwarded_ignored.add(1, &[]),
            Event::KeysRead(keys, at) => self.keys_read(*keys, *at),
            Event::KeysUnread => self.keys_read.add(1, &[label("result", "failed")]),
            Event::HandshakeFailed(cause) => {
                self.handshakes_failed
                    .add(1, &[label("cause", cause.name())]);
            }
            Event::Passed(stage, took) => {
                let labels = [label("stage", stage.name())];
                self.stage_duration.record(took.as_secs_f64(), &labels);
            }
            Event::InFlight(orders) => self.orders_active.record(*orders as u64, &[]),
            Event::Unsettled(orders) => self.ledger_unsettled.record(*orders as u64, &[]),
            Event::LateEnd => self.ledger_late.add(1, &[]),
            Event::Swept(orders) => self.ledger_swept.add(*orders, &[]),
            Event::LedgerUp(up) => self.ledger_up.record(u64::from(*up), &[]),
            Event::Committed(changes, took) => self.committed(*changes, *took),
            Event::LedgerSize(orders, bytes) => self.ledger_sized(*orders, *bytes),
            Event::Joined => self.calls_joined.add(1, &[]),
            Event::Replayed => self.calls_replayed.add(1, &[]),
            Event::Called(result, took) => self.called(*result, *took),
            Event::ReusedBroke(certain) => {
                self.reused_broken
                    .add(1, &[label("dispatch", certain.name())]);
            }
            Event::Circuit(stands) => self.circuit.record(circuit(*stands), &[]),
            Event::CircuitRefused => self.circuit_refused.add(1, &[]),
            Event::Reloaded(good, at) => self.reloaded(*good, *at),
            Event::Skew(seconds) => self.clock_skew.record(*seconds, &[]),
            Event::Paused(paused) => self.paused.record(u64::from(*paused), &[]),
            // Kept, and looked at when somebody asks.
            Event::Budgets(_) => {}
            Event::OrderEnded(end) => self.order_ended(*end),
        }
    }

    fn call_ended(&self, call: &CallEnd) {
        let caller = call.caller.as_ref().map(CallerName::shared);
        let mut labels = vec![
            caller.map_or_else(
                || label("caller", ANONYMOUS),
                |name| KeyValue::new("caller", name),
            ),
            label("rpc.system.name", "grpc"),
            method_label(call.method),
            label("rpc.response.status_code", call.code),
        ];
        if call.code != "OK" {
            let error = call.reason.unwrap_or(call.code);
            labels.push(label("error.type", error));
        }
        self.call_duration.record(call.took.as_secs_f64(), &labels);
        if let Some(reason) = call.reason {
            let dispatch = call.dispatch.map_or("NONE", Dispatch::name);
            let labels = [label("reason", reason), label("dispatch", dispatch)];
            self.errors.add(1, &labels);
        }
    }

    fn keys_read(&self, keys: usize, at: OffsetDateTime) {
        self.keys_read.add(1, &[label("result", "good")]);
        self.keys_count.record(keys as u64, &[]);
        self.keys_last_good.record(seconds(at), &[]);
    }

    fn called(&self, result: Result<&Answer, Dispatch>, took: Duration) {
        let name = match result {
            Ok(_) => "answered",
            Err(Dispatch::NotSent) => "not_sent",
            Err(Dispatch::Refused) => "refused",
            Err(Dispatch::InFlight | Dispatch::Unknown) => "unknown",
        };
        let labels = [label("result", name)];
        self.upi_duration.record(took.as_secs_f64(), &labels);
        if let Ok(answer) = result {
            self.answered(answer);
        }
    }

    fn answered(&self, answer: &Answer) {
        let labels = match &answer.outcome {
            Outcome::Comparison(confidence) => {
                self.confidence.record(u64::from(confidence.get()), &[]);
                [label("category", "COMPARED"), label("response_code", "00")]
            }
            Outcome::Rejection(rejection) => [
                label("category", rejection.category.as_str()),
                KeyValue::new("response_code", code(rejection)),
            ],
        };
        self.answers.add(1, &labels);
    }

    fn reloaded(&self, good: bool, at: OffsetDateTime) {
        let result = if good { "good" } else { "refused" };
        self.reloads.add(1, &[label("result", result)]);
        self.reload_refused.record(u64::from(!good), &[]);
        if good {
            self.reload_last_good.record(seconds(at), &[]);
        }
    }

    fn committed(&self, changes: usize, took: Duration) {
        self.ledger_commit_changes.record(changes as u64, &[]);
        self.ledger_commit_duration.record(took.as_secs_f64(), &[]);
    }

    fn ledger_sized(&self, orders: u64, bytes: u64) {
        self.ledger_orders.record(orders, &[]);
        self.ledger_size.record(bytes, &[]);
    }

    fn order_ended(&self, end: Result<(), Dispatch>) {
        let name = end.map_or_else(Dispatch::name, |()| "ANSWERED");
        self.orders_ended.add(1, &[label("dispatch", name)]);
        if end == Err(Dispatch::Unknown) {
            self.outcome_unknown.add(1, &[]);
        }
    }
}

fn label(name: &'static str, value: &'static str) -> KeyValue {
    KeyValue::new(name, value)
}

fn method_label(method: &'static str) -> KeyValue {
    label("rpc.method", method)
}

/// Codes outside the table come from UPI, and there may be any number of them.
fn code(rejection: &Rejection) -> String {
    match rejection.category {
        Category::Other => "other".to_owned(),
        _ => rejection.code.as_str().to_owned(),
    }
}

const fn circuit(stands: Circuit) -> u64 {
    match stands {
        Circuit::Closed => 0,
        Circuit::HalfOpen => 1,
        Circuit::Open => 2,
    }
}

const fn resender(by: Resender) -> &'static str {
    match by {
        Resender::Proxy => "envoy",
        Resender::Client => "grpc",
    }
}
