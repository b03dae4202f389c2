//! The page for callers names what the contract has, no more and no less.

use std::collections::BTreeMap;

use super::super::status::{code_name, reason_name, row};
use crate::pb::ErrorReason;

const PAGE: &str = include_str!("../../../docs/errors.md");

/// Code and retry of each reason.
type Table = BTreeMap<String, (String, String)>;

/// The rows `| REASON | CODE | dispatch | retry | …` of the page.
fn documented() -> Table {
    let rows = PAGE.lines().filter_map(|line| {
        let cells: Vec<_> = line
            .split('|')
            .map(|cell| cell.trim().trim_matches('`'))
            .collect();
        let reason = cells.get(1)?.to_owned();
        let is_row =
            !reason.is_empty() && reason.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        is_row.then(|| {
            (
                reason.to_owned(),
                (cells[2].to_owned(), cells[4].to_owned()),
            )
        })
    });
    rows.collect()
}

fn implemented() -> Table {
    let reasons = (1..).map_while(|number| ErrorReason::try_from(number).ok());
    let rows = reasons.map(|reason| {
        let row = row(reason);
        let retry = row.retry.unwrap_or("absent").to_owned();
        (
            reason_name(reason).to_owned(),
            (code_name(row.code).to_owned(), retry),
        )
    });
    rows.collect()
}

#[test]
fn the_page_names_every_reason_with_its_code_and_retry() {
    assert_eq!(documented(), implemented());
    assert!(!documented().is_empty());
}
