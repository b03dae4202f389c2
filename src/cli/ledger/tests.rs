//! What the commands print of a ledger that a test made up.

use std::io::{self, Write};

use serde_json::Value;
use time::Duration;

mod fake;

use fake::{Fake, compared, id, rejected};

use super::export::{Format, Offset, Period, export, summarize};
use super::trouble::Trouble;
use super::{budget, callers, check, copy, list, moment, purge, resolve, show, stats};
use crate::cli::exit::Exit;
use crate::domain::{Budget, CallerName};
use crate::ledger::Day;
use crate::ledger::archive::{Counted, Halt, OrderPage};
use crate::verify::port::State;

/// One order of each kind.
fn four() -> Fake {
    Fake::with([
        compared(97),
        rejected("70"),
        State::OutcomeUnknown,
        State::Sending,
    ])
}

/// How a command ended, and what it printed.
async fn told<F>(command: impl FnOnce(Vec<u8>) -> F) -> (Exit, String)
where
    F: Future<Output = (Result<Exit, Trouble>, Vec<u8>)>,
{
    let (ended, printed) = command(Vec::new()).await;
    let printed = String::from_utf8(printed).unwrap();
    assert!(!printed.contains("canary"), "{printed}");
    (ended.unwrap(), printed)
}

/// Runs a command that prints to memory.
macro_rules! run {
    ($command:path, $($argument:expr),* $(,)?) => {
        told(async |mut out| ($command($($argument,)* &mut out).await, out)).await
    };
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The reason of a command that did not do as asked.
fn reason<T: std::fmt::Debug>(ended: Result<T, Trouble>) -> (Exit, String) {
    let mut told = Vec::new();
    let exit = ended.unwrap_err().tell(true, &mut told).unwrap();
    let told: Value = serde_json::from_slice(&told).unwrap();
    (exit, told["error"]["reason"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn stats_count_every_state() {
    let (exit, printed) = run!(stats::show, &four(), false);
    assert_eq!(exit, Exit::Success);
    assert_eq!(
        printed,
        "orders              4\n  IN_FLIGHT         1\n  ANSWERED          2\n  \
         NOT_SENT          0\n  OUTCOME_UNKNOWN   1\njournal             7 entries\n\
         size                3.00 MiB\nschema              version 1\n\
         gateways            1 seen within a minute\n"
    );
    let (_, printed) = run!(stats::show, &four(), true);
    let json = &json_lines(&printed)[0];
    assert_eq!(json["orders"]["OUTCOME_UNKNOWN"], 1);
    assert_eq!(json["entries"], 7);
}

#[tokio::test]
async fn a_list_has_a_line_an_order_and_only_those_asked_for() {
    let (_, printed) = run!(list::list, &four(), OrderPage::default(), false);
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines.len(), 5, "{printed}");
    assert_eq!(
        lines[1],
        "00000000000000000000000000000000000  ANSWERED         2027-01-15T08:00:00Z  \
         0123456789abcdef0123456789abcdef  00, 97 of 100"
    );
    assert!(lines[2].ends_with("  70 NOT_CONFIRMED"), "{printed}");
    let page = OrderPage {
        state: Some("OUTCOME_UNKNOWN"),
        ..OrderPage::default()
    };
    let (_, printed) = run!(list::list, &four(), page, true);
    let found = json_lines(&printed);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["state"], "OUTCOME_UNKNOWN");
    assert_eq!(found[0]["order_id"], id(2).as_str());
}

#[tokio::test]
async fn a_long_list_is_read_page_by_page_and_nothing_is_missing() {
    let many = Fake::with((0..2_500).map(|_| State::NotSent));
    let (_, printed) = run!(list::list, &many, OrderPage::default(), true);
    let ids: Vec<_> = json_lines(&printed);
    assert_eq!(ids.len(), 2_500);
    let known = ids
        .iter()
        .enumerate()
        .all(|(number, json)| json["order_id"] == id(number).as_str());
    assert!(known);
}

#[tokio::test]
async fn an_order_is_shown_with_its_journal_and_what_to_do() {
    let (_, printed) = run!(show::show, &four(), &id(2), false);
    assert!(
        printed.contains("\nstate      OUTCOME_UNKNOWN\n"),
        "{printed}"
    );
    assert!(
        printed.contains("CLAIMED          attempt 1, by a1b2\n"),
        "{printed}"
    );
    assert!(printed.contains("OUTCOME_UNKNOWN  by a1b2\n"), "{printed}");
    assert!(printed.contains("idphoto ledger resolve"), "{printed}");
    let (_, printed) = run!(show::show, &four(), &id(0), true);
    let json = &json_lines(&printed)[0];
    assert_eq!(json["confidence"], 97);
    assert_eq!(json["journal"][1]["event"], "ANSWERED");
    let missing = show::show(&four(), &id(9), false, &mut Vec::new()).await;
    assert_eq!(
        reason(missing),
        (Exit::BadData, "ORDER_NOT_FOUND".to_owned())
    );
}

#[tokio::test]
async fn what_upi_said_is_written_of_an_unknown_order_alone() {
    let ledger = four();
    let said = || ("not-sent", "ticket 7".to_owned());
    let (exit, printed) = run!(resolve::resolve, &ledger, &id(2), said(), false);
    assert_eq!(exit, Exit::Success);
    assert!(
        printed.contains("RESOLVED         UPI says not-sent, note: ticket 7, by operator"),
        "{printed}"
    );
    assert!(printed.contains("never sent again"), "{printed}");
    let entries = ledger.journal().len();
    for number in [0, 1, 3] {
        let refused = resolve::resolve(&ledger, &id(number), said(), true, &mut Vec::new()).await;
        assert_eq!(
            reason(refused),
            (Exit::BadData, "ORDER_NOT_UNKNOWN".to_owned())
        );
    }
    assert_eq!(ledger.journal().len(), entries);
}

#[tokio::test]
async fn an_export_is_the_journal_to_the_byte() {
    let many = Fake::with((0..1_200).map(|_| compared(50)));
    let (_, printed) = run!(export, &many, Period::default(), Format::Jsonl);
    let lines: Vec<_> = printed.lines().map(str::to_owned).collect();
    assert_eq!(lines, many.journal());
}

#[tokio::test]
async fn an_export_keeps_to_its_period() {
    let at = |text| Some(moment::parse(text).unwrap());
    let period = Period {
        since: at("2027-01-15T09:00:00Z"),
        until: at("2027-01-15T10:00:00Z"),
    };
    let (_, printed) = run!(export, &four(), period, Format::Jsonl);
    let found = json_lines(&printed);
    assert_eq!(found.len(), 2, "{printed}");
    assert!(found.iter().all(|entry| entry["order"] == id(1).as_str()));
}

#[tokio::test]
async fn a_spreadsheet_has_a_column_for_every_member() {
    let (_, printed) = run!(export, &four(), Period::default(), Format::Csv);
    let mut lines = printed.lines();
    let heads: Vec<_> = lines.next().unwrap().split(',').collect();
    assert_eq!(heads.len(), 25, "{printed}");
    let answered: Vec<_> = lines.nth(1).unwrap().split(',').collect();
    assert_eq!(answered.len(), heads.len(), "{printed}");
    let cell = |name: &str| answered[heads.iter().position(|head| *head == name).unwrap()];
    assert_eq!(cell("number"), "2");
    assert_eq!(cell("at"), "2027-01-15T08:00:00.000001Z");
    assert_eq!(cell("confidence"), "97");
    // Whatever members entries get, they have a column.
    for entry in four().journal() {
        let entry: Value = serde_json::from_str(&entry).unwrap();
        for member in entry.as_object().unwrap().keys() {
            assert!(heads.contains(&member.as_str()), "{member}");
        }
    }
}

#[tokio::test]
async fn a_summary_counts_orders_by_day_dispatch_and_code() {
    let states = (0..30).map(|number| match number % 3 {
        0 => compared(90),
        1 => rejected("70"),
        _ => State::OutcomeUnknown,
    });
    let ledger = Fake::with(states);
    let said = ("answered", "ticket 8".to_owned());
    run!(resolve::resolve, &ledger, &id(2), said, false);
    let utc: Offset = "+00:00".parse().unwrap();
    let (_, printed) = run!(summarize, &ledger, Period::default(), utc, false);
    assert_eq!(
        printed,
        "day         dispatch   code  resolved    orders\n\
         2027-01-15  ANSWERED   00                     6\n\
         2027-01-15  ANSWERED   70                     5\n\
         2027-01-15  UNKNOWN                           4\n\
         2027-01-15  UNKNOWN          answered         1\n\
         2027-01-16  ANSWERED   00                     4\n\
         2027-01-16  ANSWERED   70                     5\n\
         2027-01-16  UNKNOWN                           5\n\
         all                                          30\n"
    );
    let china: Offset = "+08:00".parse().unwrap();
    let (_, printed) = run!(summarize, &ledger, Period::default(), china, true);
    let lines = json_lines(&printed);
    let first = &lines[0];
    // Eight hours are gone of that day.
    assert_eq!(
        (&first["day"], &first["orders"]),
        (&"2027-01-15".into(), &3.into())
    );
}

#[tokio::test]
async fn a_check_says_what_is_damaged_and_fails() {
    let mut ledger = four();
    let (exit, printed) = run!(check::check, &ledger, false);
    assert_eq!(exit, Exit::Success);
    assert_eq!(
        printed,
        "the ledger is whole: 4 orders, 7 entries of the journal\n"
    );
    ledger.faults.push("page 7 is torn".to_owned());
    let (exit, printed) = run!(check::check, &ledger, false);
    assert_eq!(exit, Exit::BadData);
    assert!(
        printed.starts_with("DAMAGED  page 7 is torn\n1 faults: stop"),
        "{printed}"
    );
    let (_, printed) = run!(check::check, &ledger, true);
    assert_eq!(json_lines(&printed)[0]["whole"], false);
}

#[tokio::test]
async fn a_purge_goes_on_until_nothing_is_left() {
    let ledger = four();
    *ledger.to_purge.lock().unwrap() = 450;
    let keep = std::time::Duration::from_secs(86_400);
    let (_, printed) = run!(purge::purge, &ledger, keep, false);
    assert!(printed.starts_with("450 orders were purged"), "{printed}");
}

#[tokio::test]
async fn a_copy_takes_every_order() {
    let source = Fake::with((0..1_100).map(|_| compared(1)));
    let target = Fake::default();
    let (_, printed) = run!(copy::copy, &source, &target, false);
    let told = "1100 orders, 1100 of them new there; it has 1100 now\n";
    assert!(printed.starts_with(told), "{printed}");
}

/// `… | head`.
#[tokio::test]
async fn a_reader_that_has_enough_is_no_fault() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let ended = export(&four(), Period::default(), Format::Jsonl, &mut Closed).await;
    let told = ended.unwrap_err().tell(false, &mut Vec::new());
    assert_eq!(told.unwrap(), Exit::Success);
}

#[test]
fn times_are_days_times_and_durations() {
    let day = moment::parse("2027-01-15").unwrap();
    assert_eq!(moment::parse("2027-01-15T00:00:00Z").unwrap(), day);
    assert_eq!(moment::shown(day), "2027-01-15T00:00:00Z");
    let ago = time::OffsetDateTime::now_utc() - moment::parse("36h").unwrap();
    assert!((ago - Duration::hours(36)).abs() < Duration::minutes(5));
    for text in [
        "",
        "yesterday",
        "2027-13-01",
        "2027-01-15T00:00:00",
        "99999999999999d",
    ] {
        assert!(moment::parse(text).is_err(), "{text}");
    }
    for text in ["", "8", "+8:00", "+08:00:00", "+26:00", "08:00", "+0a:00"] {
        assert!(text.parse::<Offset>().is_err(), "{text}");
    }
}

fn loans() -> CallerName {
    CallerName::parse("loans").unwrap()
}

#[tokio::test]
async fn a_list_of_budgets_says_what_is_used_and_left() {
    let ledger = Fake::default();
    let counted = |caller: &str, period: &str, used, extra| Counted {
        caller: caller.to_owned(),
        period: period.to_owned(),
        used,
        extra,
    };
    ledger.standing.lock().unwrap().counts = vec![
        counted("gone", "2027-01", 4, 0),
        counted("loans", "2027-01", 40, 0),
        counted("loans", "2027-01-14", 38, 0),
        counted("loans", "2027-01-15", 12, -2),
    ];
    let budget = Budget {
        daily: Some(20),
        monthly: None,
    };
    let cards = CallerName::parse("cards").unwrap();
    let callers = [(loans(), budget), (cards, Budget::default())];
    let now = budget::Now {
        day: Day::parse("2027-01-15").unwrap(),
        zone: "Asia/Shanghai".to_owned(),
    };
    let (exit, printed) = run!(budget::show, &ledger, (&callers, &now), false);
    assert_eq!(exit, Exit::Success);
    assert_eq!(
        printed,
        "caller                period            used          of        left\n\
         gone                  2027-01              4           -           -\n\
         loans                 2027-01-15          12          18           6  -2 by an operator\n\
         loans                 2027-01             40           -           -\n\
         days and months begin at midnight in Asia/Shanghai\n"
    );
    let (_, printed) = run!(budget::show, &ledger, (&callers, &now), true);
    let lines = json_lines(&printed);
    assert_eq!(
        (&lines[1]["left"], &lines[1]["budget"]),
        (&6.into(), &20.into())
    );
    assert_eq!(lines[2]["left"], Value::Null);
}

#[tokio::test]
async fn a_list_of_callers_says_who_is_stopped() {
    let ledger = Fake::default();
    let halt = |stopped| Halt {
        caller: loans(),
        stopped,
        note: "ticket 7".to_owned(),
    };
    let (_, printed) = run!(callers::change, &ledger, halt(true), false);
    assert!(
        printed.starts_with("loans is stopped: nothing is sent"),
        "{printed}"
    );
    let (_, printed) = run!(callers::change, &ledger, halt(true), false);
    assert_eq!(printed, "loans was stopped already\n");
    let cards = CallerName::parse("cards").unwrap();
    let (_, printed) = run!(callers::list, &ledger, &[&cards], false);
    assert_eq!(
        printed,
        "cards                 may call\n\
         loans                 stopped since 2027-01-15T08:00:00Z, and has no entry in callers\n"
    );
    let (_, printed) = run!(callers::change, &ledger, halt(false), true);
    assert_eq!(json_lines(&printed)[0]["changed"], true);
    let unknown = reason(callers::known(&[&cards], "loans"));
    assert_eq!(unknown, (Exit::BadData, "CALLER_NOT_FOUND".to_owned()));
}
