//! `idphoto ledger`, as operators and auditors run it: beside a gateway on a file, and after it.

mod copies;

use std::path::PathBuf;
use std::process::{Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::privacy;
use crate::process::{Gateway, idphoto};
use crate::requests::{order_id, request};

/// A gateway of a sandbox with a file, and its orders.
struct Estate {
    home: TempDir,
    gateway: Option<Gateway>,
    /// Compared, rejected and unknown.
    orders: Vec<String>,
}

impl Estate {
    /// With one order of each end.
    async fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let url = format!("ledger.url=sqlite:{}/ledger.db", home.path().display());
        let gateway = Gateway::start(&[&url, "server.drain_delay=0s"]);
        let mut orders = Vec::new();
        for scenario in ["test", "sandbox:code=70", "sandbox:fault=reset"] {
            let request = request(scenario);
            orders.push(request.order_id.clone());
            // The last one ends with an error.
            let _ = gateway.client().verify_id_photo(request).await;
        }
        Self {
            home,
            gateway: Some(gateway),
            orders,
        }
    }

    fn stop(&mut self) {
        let mut gateway = self.gateway.take().unwrap();
        gateway.process.signal("TERM");
        assert!(gateway.process.end().success());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn url(&self, name: &str) -> String {
        format!("sqlite:{}", self.path(name).display())
    }

    /// A command on the gateway's file.
    fn run(&self, args: &[&str]) -> Told {
        self.run_on("ledger.db", args)
    }

    fn run_on(&self, name: &str, args: &[&str]) -> Told {
        let url = self.url(name);
        ledger(&[args, &["--sandbox", "--url", &url]].concat())
    }
}

/// What a command said.
struct Told {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }

    fn lines(&self) -> Vec<Value> {
        let lines = self.out.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[track_caller]
    fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self
    }
}

impl From<Output> for Told {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn ledger(args: &[&str]) -> Told {
    let mut command = idphoto(&[&["ledger"], args].concat());
    command.stdin(Stdio::null()).output().unwrap().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_counted_listed_and_shown_while_the_gateway_runs() {
    let estate = Estate::start().await;
    let stats = estate.run(&["stats", "--json"]).ended(0).json();
    assert_eq!(stats["orders"]["ANSWERED"], 2);
    assert_eq!(stats["orders"]["OUTCOME_UNKNOWN"], 1);
    assert_eq!(stats["entries"], 6);
    assert_eq!(stats["gateways"], 1);

    let unknown = ["list", "--json", "--state", "unknown", "--since", "1h"];
    let unknown = estate.run(&unknown).ended(0).lines();
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0]["order_id"], estate.orders[2].as_str());
    let none = ["list", "--json", "--state", "in-flight"];
    assert_eq!(estate.run(&none).ended(0).out, "");

    let shown = estate
        .run(&["show", &estate.orders[1], "--json"])
        .ended(0)
        .json();
    assert_eq!(
        (&shown["code"], &shown["category"]),
        (&"70".into(), &"NOT_CONFIRMED".into())
    );
    let events: Vec<_> = shown["journal"].as_array().unwrap().iter().collect();
    assert_eq!(events.len(), 2);
    assert_eq!(
        (&events[0]["event"], &events[1]["event"]),
        (&"CLAIMED".into(), &"ANSWERED".into())
    );
    assert_eq!(events[0]["jws"], shown["jws_sha256"]);
    let nobodys = estate.run(&["show", &order_id()]).ended(65);
    assert!(nobodys.err.contains("ORDER_NOT_FOUND"), "{}", nobodys.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_every_entry_and_a_summary_counts_the_orders() {
    let estate = Estate::start().await;
    let entries = estate.run(&["export"]).ended(0).lines();
    assert_eq!(entries.len(), 6);
    assert!(
        entries
            .iter()
            .all(|entry| entry["v"] == 3 && entry["member"] == "00000000")
    );
    let csv = estate.run(&["export", "--format", "csv"]).ended(0).out;
    assert_eq!(csv.lines().count(), 7, "{csv}");
    let later = estate.run(&["export", "--since", "2100-01-01"]).ended(0);
    assert_eq!(later.out, "");
    let summary = estate
        .run(&["export", "--summary", "--json"])
        .ended(0)
        .lines();
    let mut ends: Vec<_> = summary
        .iter()
        .map(|line| {
            (
                line["dispatch"].as_str(),
                line["code"].as_str(),
                line["orders"].as_u64(),
            )
        })
        .collect();
    ends.sort_unstable();
    let one = Some(1);
    assert_eq!(
        ends,
        [
            (Some("ANSWERED"), Some("00"), one),
            (Some("ANSWERED"), Some("70"), one),
            (Some("UNKNOWN"), None, one),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_upi_said_is_written_beside_the_gateway_and_sends_nothing() {
    let estate = Estate::start().await;
    let unknown = estate.orders[2].as_str();
    let note = "ticket 7, UPI's support by phone";
    let resolve = ["resolve", unknown, "--as", "not-sent", "--note", note];
    let told = estate.run(&resolve).ended(0);
    assert!(told.out.contains(note), "{}", told.out);
    let shown = estate.run(&["show", unknown, "--json"]).ended(0).json();
    assert_eq!(shown["state"], "OUTCOME_UNKNOWN");
    let last = &shown["journal"][2];
    assert_eq!(
        (&last["event"], &last["resolved"]),
        (&"RESOLVED".into(), &"not-sent".into())
    );
    assert_eq!(
        (&last["owner"], &last["note"]),
        (&"operator".into(), &note.into())
    );
    // The same request as before is still not sent.
    let gateway = estate.gateway.as_ref().unwrap();
    let posts = gateway.posts(unknown).await;
    let mut again = request("sandbox:fault=reset");
    again.order_id = unknown.to_owned();
    gateway.client().verify_id_photo(again).await.unwrap_err();
    assert_eq!(gateway.posts(unknown).await, posts);
    let summary = estate.run(&["export", "--summary"]).ended(0).out;
    assert!(summary.contains("not-sent"), "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_of_orders_that_are_not_unknown_or_with_personal_data() {
    let estate = Estate::start().await;
    let [answered, _, unknown] = estate.orders.as_slice() else {
        panic!("three orders");
    };
    let refused = [
        (answered.as_str(), "ticket 7", 65, "ORDER_NOT_UNKNOWN"),
        (&order_id(), "ticket 7", 65, "ORDER_NOT_FOUND"),
        ("4711", "ticket 7", 64, "BAD_USAGE"),
        (unknown, "11010519491231002X called", 64, "BAD_USAGE"),
        (unknown, "", 64, "BAD_USAGE"),
    ];
    for (order, note, code, reason) in refused {
        let args = [
            "resolve", order, "--as", "answered", "--json", "--note", note,
        ];
        let told = estate.run(&args).ended(code);
        assert_eq!(told.json()["error"]["reason"], reason);
        assert!(!format!("{}{}", told.out, told.err).contains("11010519491231002X"));
    }
    assert_eq!(estate.run(&["stats", "--json"]).json()["entries"], 6);
}

#[test]
fn a_ledger_that_is_not_there_or_forgets_is_told_apart() {
    let home = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/none.db", home.path().display());
    let told = ledger(&["stats", "--sandbox", "--url", &url, "--json"]).ended(69);
    let message = told.json()["error"]["message"].to_string();
    assert!(message.contains("idphoto ledger migrate"), "{message}");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    let told = ledger(&["stats", "--sandbox"]).ended(65);
    assert!(told.err.contains("NOTHING_LASTS"), "{}", told.err);
    // Neither UPI's keys nor anything else of a gateway is needed, but whose orders these are.
    let told = ledger(&["stats", "--url", &url]).ended(78);
    assert!(told.err.contains("member.iin: missing"), "{}", told.err);
    assert_eq!(told.err.lines().count(), 2, "{}", told.err);
    let iin = ["--set", "member.iin=00000000"];
    let migrate = [&["migrate", "--url", &url, "--json"], &iin[..]].concat();
    assert_eq!(ledger(&migrate).ended(0).json()["schema"], 4);
    assert_eq!(ledger(&migrate).ended(0).json()["schema"], 4);
    let stats = [&["stats", "--url", &url, "--json"], &iin[..]].concat();
    assert_eq!(ledger(&stats).ended(0).json()["entries"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_output_of_any_command_holds_personal_data() {
    let mut estate = Estate::start().await;
    for request in privacy::requests_of_a_canary() {
        let gateway = estate.gateway.as_ref().unwrap();
        estate.orders.push(request.order_id.clone());
        let _ = gateway.client().verify_id_photo(request).await;
    }
    let unknown = estate.orders.last().unwrap().clone();
    let backup = estate.path("backup.db").display().to_string();
    let mut printed = String::new();
    for args in [
        &["stats"][..],
        &["list"],
        &["list", "--json"],
        &["show", &estate.orders[3]],
        &["show", &unknown, "--json"],
        &[
            "resolve", &unknown, "--as", "answered", "--note", "ticket 8",
        ],
        &["export"],
        &["export", "--format", "csv"],
        &["export", "--summary"],
        &["check"],
        &["backup", &backup],
    ] {
        let told = estate.run(args).ended(0);
        printed.push_str(&told.out);
        printed.push_str(&told.err);
    }
    let mut bytes = printed.into_bytes();
    estate.stop();
    for file in std::fs::read_dir(estate.home.path()).unwrap() {
        bytes.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let all = String::from_utf8_lossy(&bytes);
    assert!(all.contains(estate.orders[3].as_str()));
    for trace in privacy::traces() {
        assert!(!all.contains(&trace), "{trace}");
    }
}
