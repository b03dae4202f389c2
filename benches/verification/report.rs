//! The table, and the same as JSON.

use serde_json::{Value, json};

use crate::figures::{Figures, ROWS, Row, Target};
use crate::machine::Machine;
use crate::numbers::Spread;

/// The last release's.
const BASELINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/baseline.json");

pub fn table(machine: &Machine, figures: &Figures) -> String {
    let baseline = Baseline::read();
    let mut lines = vec![
        machine.describe(),
        format!("baseline: {}", baseline.machine()),
        "ledger: SQLite, the default, where none is named".to_owned(),
        String::new(),
        line([
            "figure",
            "here",
            "quartiles",
            "target",
            "baseline",
            "verdict",
        ]),
    ];
    lines.extend(ROWS.iter().map(|row| of_row(row, figures, &baseline)));
    lines.join("\n")
}

fn of_row(row: &Row, figures: &Figures, baseline: &Baseline) -> String {
    let shown = |value: f64| format!("{value:.*}{}", row.decimals, row.unit);
    let target = match row.target {
        Target::AtMost(most) => format!("≤ {}", shown(most)),
        Target::AtLeast(least) => format!("≥ {}", shown(least)),
        Target::None => String::new(),
    };
    let before = baseline.value(row.key).map(shown).unwrap_or_default();
    let Some(Spread { median, low, high }) = figures.get(row) else {
        return line([row.title, "-", "", &target, &before, row.missing()]);
    };
    let quartiles = format!("{low:.*} to {high:.*}", row.decimals, row.decimals);
    let (here, verdict) = (shown(*median), row.verdict(*median));
    line([row.title, &here, &quartiles, &target, &before, verdict])
}

fn line([figure, here, quartiles, target, baseline, verdict]: [&str; 6]) -> String {
    let line =
        format!("{figure:<42}{here:>9}  {quartiles:<14}{target:>9}{baseline:>10}  {verdict}");
    line.trim_end().to_owned()
}

pub fn json(machine: &Machine, figures: &Figures) -> Value {
    let rows = ROWS.iter().map(|row| {
        let (most, least) = match row.target {
            Target::AtMost(most) => (Some(most), None),
            Target::AtLeast(least) => (None, Some(least)),
            Target::None => (None, None),
        };
        let figure = figures.get(row);
        let verdict = figure.map_or(row.missing(), |figure| row.verdict(figure.median));
        json!({
            "key": row.key,
            "figure": row.title,
            "unit": row.unit.trim(),
            "value": figure.map(|figure| figure.median),
            "low": figure.map(|figure| figure.low),
            "high": figure.map(|figure| figure.high),
            "at_most": most,
            "at_least": least,
            "verdict": verdict,
        })
    });
    json!({"machine": machine.json(), "rows": rows.collect::<Vec<_>>()})
}

struct Baseline(Value);

impl Baseline {
    /// Nothing, where there is none.
    fn read() -> Self {
        let text = std::fs::read_to_string(BASELINE).unwrap_or_default();
        Self(serde_json::from_str(&text).unwrap_or_default())
    }

    fn machine(&self) -> String {
        let machine = &self.0["machine"];
        let cpu = machine["cpu"].as_str();
        cpu.map_or_else(
            || "none".to_owned(),
            |cpu| format!("{cpu}, {} cores", machine["cores"]),
        )
    }

    fn value(&self, key: &str) -> Option<f64> {
        let mut rows = self.0["rows"].as_array()?.iter();
        rows.find(|row| row["key"] == key)?["value"].as_f64()
    }
}
