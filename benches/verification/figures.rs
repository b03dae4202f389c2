//! The rows of the table, and what was measured for them.

use std::collections::BTreeMap;

use crate::numbers::Spread;

pub enum Target {
    AtMost(f64),
    AtLeast(f64),
    /// Stands there to be known.
    None,
}

use Target::{AtLeast, AtMost, None as Open};

pub struct Row {
    pub key: &'static str,
    pub title: &'static str,
    /// Behind the number.
    pub unit: &'static str,
    pub decimals: usize,
    pub target: Target,
}

/// "÷ floor" is CPU time of the gateway for each verification, by the time of the unavoidable
/// cryptography for a photo of the same size.
#[rustfmt::skip] // A table reads better with one row a line.
pub const ROWS: [Row; 28] = [
    row("floor", "unavoidable cryptography of a call", Open).in_units(" µs", 0),
    row("straightforward", "straightforward cryptography ÷ floor", Open),
    row("libraries", "libraries alone, 16 in flight ÷ floor", Open),
    row("libraries_alone", "libraries alone, 1 in flight ÷ floor", Open),
    row("memory", "16 in flight, ledger in memory ÷ floor", AtMost(1.5)),
    row("sqlite", "SQLite, durable before and after ÷ floor", AtMost(1.8)),
    row("postgres", "PostgreSQL, without its own CPU ÷ floor", AtMost(1.85)),
    row("alone", "1 in flight, memory ÷ floor", AtMost(1.7)),
    row("many", "256 in flight, memory ÷ floor", Open),
    row("tls", "TLS on the port, memory ÷ floor", AtMost(1.55)),
    row("export", "export to a collector, memory ÷ floor", AtMost(1.6)),
    row("photo_10", "photo of 10 KB, memory ÷ floor", Open),
    row("photo_51", "photo of 51 KB, memory ÷ floor", Open),
    row("photo_138", "photo of 138 KB, memory ÷ floor", Open),
    row("photo_150", "photo of 150 KB, memory ÷ floor", Open),
    row("burst_8", "2,000 at once, 8 connections ÷ floor", AtMost(2.0)),
    row("burst_32", "2,000 at once, 32 connections ÷ floor", AtMost(2.0)),
    row("answered", "answered of those", AtLeast(1.0)).in_units("", 3),
    row("health_8", "health p99 in it, 8 connections", AtMost(50.0)).in_units(" ms", 0),
    row("health_32", "health p99 in it, 32 connections", AtMost(50.0)).in_units(" ms", 0),
    row("waiting", "memory of a call that waits for UPI", AtMost(250.0)).in_units(" KB", 0),
    row("capacity", "capacity of one core", Open).in_units("/s", 0),
    row("half", "half of capacity, open loop: p99 ÷ p50", AtMost(3.0)),
    row("full", "capacity, open loop: goodput ÷ capacity", Open),
    row("over", "1.3 times capacity: goodput ÷ capacity", AtLeast(0.95)),
    row("late", "how late the callers were then, p99", Open).in_units(" ms", 0),
    row("two_cores", "two cores ÷ one", AtLeast(1.85)),
    row("took", "the whole run", AtMost(240.0)).in_units(" s", 0),
];

const fn row(key: &'static str, title: &'static str, target: Target) -> Row {
    Row {
        key,
        title,
        unit: "",
        decimals: 2,
        target,
    }
}

impl Row {
    const fn in_units(mut self, unit: &'static str, decimals: usize) -> Self {
        self.unit = unit;
        self.decimals = decimals;
        self
    }

    /// Why there may be no figure.
    pub fn missing(&self) -> &'static str {
        match self.key {
            "postgres" => "not measured: PostgreSQL is not installed",
            "two_cores" => "not measured: one core, or no taskset",
            _ => "not measured",
        }
    }

    pub fn verdict(&self, value: f64) -> &'static str {
        let met = match self.target {
            AtMost(most) => value <= most,
            AtLeast(least) => value >= least,
            Open => return "",
        };
        if met { "met" } else { "not met" }
    }
}

#[derive(Default)]
pub struct Figures(BTreeMap<&'static str, Spread>);

impl Figures {
    pub fn set(&mut self, key: &'static str, figure: Spread) {
        self.0.insert(key, figure);
    }

    pub fn get(&self, row: &Row) -> Option<&Spread> {
        self.0.get(row.key)
    }
}
