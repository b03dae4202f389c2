//! How many orders ended how, by day: to hold against UPI's invoice.

use std::collections::BTreeMap;
use std::io::Write;
use std::str::FromStr;

use serde_json::json;
use time::{OffsetDateTime, UtcOffset};

use super::{LastWords, Period, Progress, Trouble};
use crate::cli::exit::Exit;
use crate::cli::ledger::pages::Orders;
use crate::cli::ledger::show::journal;
use crate::cli::ledger::told;
use crate::ledger::archive::{Archive, Listed, OrderPage};
use crate::verify::port::State;

/// An offset from UTC.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli::ledger) struct Offset(UtcOffset);

impl FromStr for Offset {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected an offset such as +08:00";
        let (sign, rest) = match text.split_at_checked(1).ok_or(EXPECTED)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return Err(EXPECTED),
        };
        let (hours, minutes) = rest.split_once(':').ok_or(EXPECTED)?;
        let number = |text: &str| match text.len() {
            2 => text.parse::<i8>().map_err(|_| EXPECTED),
            _ => Err(EXPECTED),
        };
        let offset = UtcOffset::from_hms(sign * number(hours)?, sign * number(minutes)?, 0);
        offset.map(Self).map_err(|_| EXPECTED)
    }
}

/// Day, what is certain, response code, and what UPI's support said: what is counted.
type End = (String, &'static str, String, String);

/// By orders as they stand, not by entries: an order that was unknown and got its answer later
/// counts once, and one that is purged counts, too.
pub(in crate::cli::ledger) async fn summarize(
    archive: &dyn Archive,
    period: Period,
    Offset(offset): Offset,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<Exit, Trouble> {
    let last = LastWords {
        text: "not everything was counted",
        ..LastWords::default()
    };
    let progress = Progress::start("orders", None, last);
    let mut counts = BTreeMap::<End, u64>::new();
    let page = OrderPage {
        since: period.since,
        ..OrderPage::default()
    };
    let mut orders = Orders::new(archive, page);
    while let Some(found) = orders.next().await? {
        progress.advance(found.len());
        for order in found.iter().filter(|order| period.holds(ended_at(order))) {
            let end = end(archive, order, offset).await?;
            *counts.entry(end).or_default() += 1;
        }
    }
    drop(progress);
    match as_json {
        true => to_json(&counts, out)?,
        false => to_text(&counts, out)?,
    }
    Ok(Exit::Success)
}

/// When the last thing happened that an invoice may be about.
fn ended_at(order: &Listed) -> OffsetDateTime {
    told::answer(order).map_or(order.record.updated_at, |answer| answer.answered_at)
}

async fn end(archive: &dyn Archive, order: &Listed, offset: UtcOffset) -> Result<End, Trouble> {
    let day = ended_at(order).to_offset(offset).date().to_string();
    let dispatch = match order.record.state {
        State::Sending => "IN_FLIGHT",
        State::Answered(_) => "ANSWERED",
        State::NotSent => "NOT_SENT",
        State::OutcomeUnknown => "UNKNOWN",
    };
    let code = told::answer(order).map(told::code).unwrap_or_default();
    // These are few.
    let resolved = match order.record.state {
        State::OutcomeUnknown => resolved(archive, order).await?,
        State::Sending | State::Answered(_) | State::NotSent => String::new(),
    };
    Ok((day, dispatch, code.to_owned(), resolved))
}

/// What UPI's support said last.
async fn resolved(archive: &dyn Archive, order: &Listed) -> Result<String, Trouble> {
    let entries = journal(archive, &order.order_id).await?;
    let said = entries.iter().rev().map(|entry| entry.shown("resolved"));
    Ok(said
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_default())
}

fn to_text(counts: &BTreeMap<End, u64>, out: &mut dyn Write) -> Result<(), Trouble> {
    writeln!(out, "day         dispatch   code  resolved    orders")?;
    for ((day, dispatch, code, resolved), orders) in counts {
        writeln!(
            out,
            "{day:<10}  {dispatch:<9}  {code:<4}  {resolved:<8}  {orders:>8}"
        )?;
    }
    let all: u64 = counts.values().sum();
    writeln!(
        out,
        "{:<10}  {:<9}  {:<4}  {:<8}  {all:>8}",
        "all", "", "", ""
    )?;
    Ok(())
}

fn to_json(counts: &BTreeMap<End, u64>, out: &mut dyn Write) -> Result<(), Trouble> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    for ((day, dispatch, code, resolved), orders) in counts {
        let line = json!({
            "day": day,
            "dispatch": dispatch,
            "code": some(code),
            "resolved": some(resolved),
            "orders": orders,
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}
