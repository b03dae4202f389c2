//! An entry of the journal as these commands read it.

use serde_json::Value;

use super::moment::exact;
use crate::ledger::journal::from_micros;

/// The members of all entries, in the order of a life: what `docs/operations.md` explains.
pub(super) const MEMBERS: [&str; 24] = [
    "v",
    "at",
    "member",
    "order",
    "event",
    "owner",
    "caller",
    "charged",
    "attempt",
    "uuid",
    "jws",
    "body",
    "scenario",
    "purpose",
    "agreement",
    "serial",
    "code",
    "confidence",
    "answered",
    "dispatch",
    "resolved",
    "period",
    "extra",
    "note",
];

/// Members that are times, in microseconds.
const TIMES: [&str; 2] = ["at", "answered"];

/// An entry that was read.
pub(super) struct Entry(Value);

impl Entry {
    /// `None` for what no gateway wrote.
    pub(super) fn read(encoding: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(encoding).ok()?;
        value.is_object().then_some(Self(value))
    }

    /// As it is.
    pub(super) fn into_json(self) -> Value {
        self.0
    }

    /// A member for people: times as a calendar has them; empty where it is absent.
    pub(super) fn shown(&self, member: &str) -> String {
        let Some(value) = self.0.get(member) else {
            return String::new();
        };
        let time = value.as_i64().filter(|_| TIMES.contains(&member));
        match (time.and_then(from_micros), value) {
            (Some(time), _) => exact(time),
            (None, Value::String(text)) => text.clone(),
            (None, other) => other.to_string(),
        }
    }

    /// The event and what there is to say of it, in one line.
    pub(super) fn line(&self) -> String {
        let said = |member: &str, before: &str| match self.shown(member) {
            text if text.is_empty() => None,
            text => Some(format!("{before}{text}")),
        };
        let parts = [
            said("caller", "for "),
            said("charged", "counted to "),
            said("attempt", "attempt "),
            said("code", "code "),
            said("confidence", "confidence "),
            said("resolved", "UPI says "),
            said("extra", "raised by "),
            said("period", "in "),
            said("note", "note: "),
            said("owner", "by "),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        let (at, event) = (self.shown("at"), self.shown("event"));
        format!("{at:<27}  {event:<15}  {}", parts.join(", "))
    }
}
