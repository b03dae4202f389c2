//! What is not counted but looked at when somebody asks.

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;
use time::OffsetDateTime;

use crate::observe::BudgetLeft;

use super::super::losses::Losses;
use super::super::service::{Expiries, Service, TokenSessions};
use super::table::{self, described};

/// What callers had left when it was looked at last. Its clones are the same one.
#[derive(Clone, Default)]
pub(super) struct Budgets(Arc<Mutex<Vec<BudgetLeft>>>);

impl Budgets {
    pub(super) fn set(&self, left: &[BudgetLeft]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = left.to_vec();
    }

    fn all(&self) -> Vec<BudgetLeft> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

pub(super) fn register(meter: &Meter, service: &Service, losses: Arc<Losses>, budgets: Budgets) {
    for (metric, limits) in [(table::BUDGET_LIMIT, true), (table::BUDGET_LEFT, false)] {
        let budgets = budgets.clone();
        described!(meter, u64_observable_gauge, metric)
            .with_callback(move |observer| {
                for budget in budgets.all() {
                    let labels = [
                        KeyValue::new("caller", budget.caller.shared()),
                        KeyValue::new("period", budget.span.name()),
                    ];
                    let number = if limits { budget.limit } else { budget.left };
                    observer.observe(number, &labels);
                }
            })
            .build();
    }
    build(meter);
    limit(meter, service.max_in_flight as u64);
    expiries(meter, service.expiries.clone());
    lost(meter, losses);
    if let Some(sessions) = service.token_sessions {
        token_sessions(meter, sessions);
    }
}

fn build(meter: &Meter) {
    described!(meter, u64_observable_gauge, table::BUILD_INFO)
        .with_callback(|observer| {
            observer.observe(1, &[KeyValue::new("version", env!("CARGO_PKG_VERSION"))]);
        })
        .build();
}

fn limit(meter: &Meter, orders: u64) {
    described!(meter, u64_observable_gauge, table::ORDERS_LIMIT)
        .with_callback(move |observer| observer.observe(orders, &[]))
        .build();
}

fn expiries(meter: &Meter, expiries: Expiries) {
    described!(meter, f64_observable_gauge, table::KEY_EXPIRY)
        .with_callback(move |observer| {
            let now = OffsetDateTime::now_utc();
            for expiry in expiries.all() {
                let labels = [
                    KeyValue::new("role", expiry.role),
                    KeyValue::new("kid", expiry.kid),
                ];
                observer.observe((expiry.at - now).as_seconds_f64(), &labels);
            }
        })
        .build();
}

fn token_sessions(meter: &Meter, sessions: fn() -> Vec<TokenSessions>) {
    described!(meter, u64_observable_gauge, table::TOKEN_SESSIONS)
        .with_callback(move |observer| {
            for TokenSessions { token, key, states } in sessions() {
                for (state, sessions) in states {
                    let labels = [
                        KeyValue::new("token", token.clone()),
                        KeyValue::new("key", key.clone()),
                        KeyValue::new("state", state),
                    ];
                    observer.observe(sessions as u64, &labels);
                }
            }
        })
        .build();
}

fn lost(meter: &Meter, losses: Arc<Losses>) {
    described!(meter, u64_observable_counter, table::TELEMETRY_LOST)
        .with_callback(move |observer| {
            for (signal, cause, items) in losses.all() {
                let labels = [
                    KeyValue::new("signal", signal),
                    KeyValue::new("cause", cause),
                ];
                observer.observe(items, &labels);
            }
        })
        .build();
}
