//! Budgets, callers that are stopped, and a pause, through the real binary.

use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use idphoto::pb::{VerificationState, VerifyIdPhotoRequest, VerifyIdPhotoResponse};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::admin;
use crate::process::{Gateway, Process, client, idphoto};
use crate::requests::{expected, get, order_id, request, row};
use crate::wait::{found, until};

/// For calls whose order may be nobody's for a while.
const SHORT: Duration = Duration::from_secs(5);

/// A caller that says who it is, as a proxy on this machine would.
fn of_loans<T>(message: T) -> Request<T> {
    let mut asked = Request::new(message);
    let element = "URI=spiffe://bank.example/loans";
    asked
        .metadata_mut()
        .insert("x-forwarded-client-cert", element.parse().unwrap());
    asked
}

fn callers(budget: &str) -> [String; 2] {
    [
        format!(
            "callers=[{{ name = \"loans\", identities = [\"spiffe://bank.example/loans\"], {budget} }}]"
        ),
        "auth.trusted_proxies=[\"127.0.0.0/8\"]".to_owned(),
    ]
}

async fn ask(
    address: &str,
    message: VerifyIdPhotoRequest,
) -> Result<VerifyIdPhotoResponse, Status> {
    let told = client(address).verify_id_photo(of_loans(message)).await;
    told.map(tonic::Response::into_inner)
}

fn of_order(order_id: &str, scenario: &str) -> VerifyIdPhotoRequest {
    VerifyIdPhotoRequest {
        order_id: order_id.to_owned(),
        ..request(scenario)
    }
}

/// A command of an operator with the settings of a gateway.
fn run(args: &[&str], settings: &[String]) -> Output {
    let mut command = idphoto(args);
    for setting in settings {
        command.args(["--set", setting]);
    }
    command.stdin(Stdio::null()).output().unwrap()
}

#[track_caller]
fn done(args: &[&str], settings: &[String]) -> Vec<Value> {
    let output = run(args, settings);
    let (out, err) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(output.status.success(), "{args:?}: {out}{err}");
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{out}")))
        .collect()
}

fn used(settings: &[String]) -> (u64, i64) {
    let shown = done(&["budget", "show", "--sandbox", "--json"], settings);
    let day = shown.iter().find(|line| line["period"] == "day").unwrap();
    (day["used"].as_u64().unwrap(), day["left"].as_i64().unwrap())
}

/// A gateway of a sandbox with a file and an admin port.
struct Estate {
    _home: TempDir,
    settings: Vec<String>,
    gateway: Gateway,
    admin: String,
}

impl Estate {
    fn start(budget: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let url = format!("ledger.url=sqlite:{}/ledger.db", home.path().display());
        let mut settings = vec![url];
        settings.extend(callers(budget));
        let all: Vec<_> = settings.iter().map(String::as_str).collect();
        let (gateway, admin) = admin::start(&all);
        Self {
            _home: home,
            settings,
            gateway,
            admin,
        }
    }

    async fn ask(&self, message: VerifyIdPhotoRequest) -> Result<VerifyIdPhotoResponse, Status> {
        ask(&self.gateway.address, message).await
    }

    async fn has_metric(&self, line: &str) {
        let page = format!("{}/metrics", self.admin);
        until(line, async || {
            let text = reqwest::get(&page).await.unwrap().text().await.unwrap();
            text.lines().any(|found| found == line)
        })
        .await;
    }
}

/// Whose limit, which, and whether it ends within a day.
fn quota(status: &Status) -> (String, String, bool) {
    let quota = status.get_details_quota_failure().unwrap();
    let retry = status.get_details_retry_info().unwrap().retry_delay;
    let within_a_day = retry.is_some_and(|after| after <= Duration::from_secs(24 * 3600));
    let violation = quota.violations[0].clone();
    (violation.subject, violation.description, within_a_day)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_beyond_a_budget_is_refused_and_an_operator_can_raise_it() {
    let estate = Estate::start("daily_budget = 2, monthly_budget = 9");
    let first = request("test");
    estate.ask(first.clone()).await.unwrap();
    estate.ask(request("test")).await.unwrap();
    let third = request("test");
    let refused = estate.ask(third.clone()).await.unwrap_err();
    assert_eq!(
        row(&refused),
        expected(
            Code::ResourceExhausted,
            "QUOTA_EXCEEDED",
            "NOT_SENT",
            "SAME_ORDER"
        )
    );
    let [subject, limit] = ["caller:loans", "daily_budget"].map(str::to_owned);
    assert_eq!(quota(&refused), (subject, limit, true));
    assert_eq!(used(&estate.settings), (2, 0));
    estate
        .has_metric(r#"idphoto_budget_left{caller="loans",period="day"} 0"#)
        .await;
    estate
        .has_metric(r#"idphoto_budget_limit{caller="loans",period="month"} 9"#)
        .await;
    // What is known is told all the same.
    assert!(estate.ask(first).await.unwrap().replayed);
    let raise = [
        "budget",
        "set",
        "loans",
        "--sandbox",
        "--json",
        "--period",
        "day",
        "--extra",
        "1",
        "--note",
        "ticket 7",
    ];
    done(&raise, &estate.settings);
    until("it holds", async || estate.ask(third.clone()).await.is_ok()).await;
    assert_eq!(used(&estate.settings), (3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_sent_is_given_back() {
    let estate = Estate::start("daily_budget = 1");
    let first = estate.ask(request("sandbox:fault=unauthorized")).await;
    let first = first.unwrap_err();
    assert_eq!(row(&first).1, "UPI_REFUSED", "{first:?}");
    assert_eq!(used(&estate.settings), (0, 1));
    estate.ask(request("test")).await.unwrap();
    assert_eq!(used(&estate.settings), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_is_stopped_has_nothing_sent_until_it_goes_on() {
    let estate = Estate::start("max_in_flight = 9");
    let known = request("test");
    estate.ask(known.clone()).await.unwrap();
    let change = |what| {
        let args = [
            "callers",
            what,
            "loans",
            "--sandbox",
            "--json",
            "--note",
            "ticket 7",
        ];
        done(&args, &estate.settings)
    };
    assert_eq!(change("stop")[0]["changed"], true);
    let new = request("test");
    let refused = estate.ask(new.clone()).await.unwrap_err();
    assert_eq!(
        row(&refused),
        expected(
            Code::PermissionDenied,
            "PERMISSION_DENIED",
            "NOT_SENT",
            "FIX_REQUEST"
        )
    );
    estate
        .gateway
        .process
        .prints("an operator stopped the caller")
        .await;
    assert_eq!(estate.gateway.posts(&new.order_id).await, 0);
    assert!(estate.ask(known.clone()).await.unwrap().replayed);
    let mut client = estate.gateway.client();
    client
        .get_verification(of_loans(get(&known.order_id)))
        .await
        .unwrap();
    let listed = done(
        &["callers", "list", "--sandbox", "--json"],
        &estate.settings,
    );
    assert_eq!(listed[0]["stopped"], true);
    assert_eq!(change("stop")[0]["changed"], false);
    assert_eq!(change("start")[0]["changed"], true);
    until("it goes on", async || estate.ask(new.clone()).await.is_ok()).await;
    let wrong = ["callers", "stop", "loan", "--sandbox", "--note", "x"];
    assert_eq!(run(&wrong, &estate.settings).status.code(), Some(65));
    let journal = done(&["ledger", "export", "--sandbox"], &estate.settings);
    let events: Vec<_> = journal.iter().map(|entry| &entry["event"]).collect();
    assert_eq!(
        events,
        [
            "CLAIMED", "ANSWERED", "STOPPED", "STARTED", "CLAIMED", "ANSWERED"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_by_reload_sends_nothing_and_tells_what_is_known() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("idphoto.toml");
    let write = |pause: bool| std::fs::write(&file, format!("upi.pause = {pause}\n")).unwrap();
    write(false);
    let config = file.display().to_string();
    let mut command = idphoto(&["serve", "--sandbox", "--listen", "127.0.0.1:0", "--config"]);
    command.arg(&config);
    command.args([
        "--set",
        "server.reload_interval=0s",
        "--set",
        "admin.listen=127.0.0.1:0",
    ]);
    let process = Process::run(command);
    let admin = process.wait_for("admin listening on ");
    let address = process.wait_for("gRPC listening on ");
    let mut client = client(&address);
    let known = request("test");
    client.verify_id_photo(known.clone()).await.unwrap();

    write(true);
    process.signal("HUP");
    process.prints("paused: nothing is sent to UPI").await;
    let new = request("test");
    let refused = client.verify_id_photo(new.clone()).await.unwrap_err();
    assert_eq!(
        row(&refused),
        expected(
            Code::Unavailable,
            "UPI_UNREACHABLE",
            "NOT_SENT",
            "SAME_ORDER"
        )
    );
    assert!(refused.get_details_retry_info().is_some());
    let replayed = client.verify_id_photo(known.clone()).await.unwrap();
    assert!(replayed.into_inner().replayed);
    client.get_verification(get(&known.order_id)).await.unwrap();
    let missing = client.get_verification(get(&new.order_id)).await;
    assert_eq!(missing.unwrap_err().code(), Code::NotFound);
    let page = |path: &str| format!("{admin}{path}");
    let ready = reqwest::get(page("/ready")).await.unwrap().status();
    assert!(ready.is_success());
    let metrics = reqwest::get(page("/metrics")).await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(metrics.lines().any(|line| line == "idphoto_upi_paused 1"));

    write(false);
    process.signal("HUP");
    process.prints("orders are sent again").await;
    assert!(
        !client
            .verify_id_photo(new)
            .await
            .unwrap()
            .into_inner()
            .replayed
    );
}

/// Two replicas on one PostgreSQL, and a sandbox that outlives them.
struct Estates {
    settings: Vec<String>,
    config: String,
    upi: String,
    _sandbox: Process,
    _files: TempDir,
}

const BUDGET: u64 = 100;
const CALLS: usize = 1000;

impl Estates {
    async fn start() -> Option<Self> {
        let url = std::env::var("IDPHOTO_TEST_POSTGRES").ok()?;
        let password = std::env::var("IDPHOTO_TEST_POSTGRES_PASSWORD").unwrap();
        let files = tempfile::tempdir().unwrap();
        let path = |name: &str| files.path().join(name);
        std::fs::write(path("password"), &password).unwrap();
        std::fs::write(path("key"), "7".repeat(64)).unwrap();
        let kit = path("kit").display().to_string();
        let sandbox = Process::start(&["sandbox", "--dir", &kit, "--listen", "127.0.0.1:0"]);
        let upi = sandbox.wait_for("sandbox listening on ");
        let mut settings = vec![
            format!("ledger.url={}", database(&url, &password).await),
            setting("ledger.password_file", &path("password")),
            format!(
                "ledger.fingerprint_key_files=[\"{}\"]",
                path("key").display()
            ),
            "ledger.tls=false".to_owned(),
            "ledger.timeout=20s".to_owned(),
            format!("upi.base_url={upi}"),
            "upi.timeout=3s".to_owned(),
            "upi.connect_timeout=2s".to_owned(),
        ];
        settings.extend(callers(&format!("daily_budget = {BUDGET}")));
        let config = format!("{kit}/idphoto.toml");
        let estates = Self {
            settings,
            config,
            upi,
            _sandbox: sandbox,
            _files: files,
        };
        estates.operate(&["ledger", "migrate"]);
        Some(estates)
    }

    fn operate(&self, args: &[&str]) -> Vec<Value> {
        let args = [args, &["--config", &self.config, "--json"]].concat();
        done(&args, &self.settings)
    }

    fn gateway(&self) -> (Process, String) {
        let args = ["serve", "--listen", "127.0.0.1:0", "--config", &self.config];
        let mut command = idphoto(&args);
        for setting in &self.settings {
            command.args(["--set", setting]);
        }
        let process = Process::run(command);
        let address = process.wait_for("gRPC listening on ");
        (process, address)
    }

    fn used(&self) -> u64 {
        let shown = self.operate(&["budget", "show"]);
        let day = shown.iter().find(|line| line["period"] == "day");
        day.unwrap()["used"].as_u64().unwrap()
    }

    async fn posts(&self) -> Vec<(String, u64)> {
        let orders = reqwest::get(format!("{}/orders", self.upi)).await.unwrap();
        let orders: Value = serde_json::from_slice(&orders.bytes().await.unwrap()).unwrap();
        let orders = orders["orders"].as_object().unwrap();
        let posts = orders
            .iter()
            .map(|(id, order)| (id.clone(), order["posts"].as_u64().unwrap()));
        posts.collect()
    }
}

fn setting(key: &str, path: &Path) -> String {
    format!("{key}={}", path.display())
}

/// A database of its own, whose ledger nobody else counts in.
async fn database(url: &str, password: &str) -> String {
    let mut config: tokio_postgres::Config = url.parse().unwrap();
    let (client, connection) = config
        .password(password)
        .connect(tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let name = format!("b{}", order_id().to_lowercase());
    let sql = format!("CREATE DATABASE {name} TEMPLATE template0");
    client.batch_execute(&sql).await.unwrap();
    let (before, _) = url.rsplit_once('/').unwrap();
    format!("{before}/{name}")
}

/// Asks for an order until a gateway has said how it ends; which is its first answer, or its second
/// after the gateway died under it.
async fn insist(
    addresses: Arc<std::sync::Mutex<Vec<String>>>,
    place: usize,
    order: String,
) -> String {
    loop {
        let address = addresses.lock().unwrap()[place].clone();
        let mut asked = of_loans(of_order(&order, "sandbox:delay=300ms"));
        asked.set_timeout(SHORT * 8);
        match client(&address).verify_id_photo(asked).await {
            Ok(_) => return "OK".to_owned(),
            // No gateway said this: the connection broke.
            Err(status) if row(&status).1.is_empty() => tokio::task::yield_now().await,
            Err(status) => return row(&status).1,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_holds_for_a_thousand_calls_at_two_replicas_one_of_which_is_killed() {
    let Some(estates) = Estates::start().await else {
        assert!(
            std::env::var_os("REQUIRE_POSTGRES").is_none(),
            "scripts/postgres.sh runs this test"
        );
        return;
    };
    let (mut one, first) = estates.gateway();
    let (_other, second) = estates.gateway();
    let addresses = Arc::new(std::sync::Mutex::new(vec![first, second.clone()]));
    let ended = Arc::new(AtomicUsize::new(0));
    let mut calls = JoinSet::new();
    for number in 0..CALLS {
        let (addresses, ended) = (Arc::clone(&addresses), Arc::clone(&ended));
        calls.spawn(async move {
            let told = insist(addresses, number % 2, order_id()).await;
            ended.fetch_add(1, Ordering::Relaxed);
            told
        });
    }
    // Some are with UPI, and the budget is not used up.
    until("UPI has some", async || estates.posts().await.len() >= 10).await;
    one.signal("KILL");
    one.end();
    let still = CALLS - ended.load(Ordering::Relaxed);
    let (_again, third) = estates.gateway();
    addresses.lock().unwrap()[0] = third;
    let told = calls.join_all().await;
    let count = |name: &str| told.iter().filter(|it| *it == name).count();
    let (answered, refused) = (count("OK"), count("QUOTA_EXCEEDED"));
    println!("{still} calls were open at the kill; {answered} answered, {refused} refused");
    assert!(still > 0 && refused > 0, "{told:?}");

    // What the killed one had is given up; whatever is left after that is used up.
    until("nothing is in flight", async || {
        estates
            .operate(&["ledger", "list", "--state", "in-flight"])
            .is_empty()
    })
    .await;
    let fill = async || match ask(&second, request("test")).await {
        Ok(_) => None,
        Err(status) => Some(row(&status).1),
    };
    assert_eq!(found("the budget is used up", fill).await, "QUOTA_EXCEEDED");

    assert_eq!(estates.used(), BUDGET);
    assert_eq!(estates.operate(&["ledger", "check"])[0]["whole"], true);
    let orders = estates.operate(&["ledger", "list"]);
    let stands = |order: &&Value| order["state"] != "NOT_SENT";
    assert_eq!(orders.iter().filter(stands).count() as u64, BUDGET);
    let posts = estates.posts().await;
    assert!(posts.iter().all(|(_, posts)| *posts == 1), "{posts:?}");
    assert!(posts.len() as u64 <= BUDGET);
    let mut client = client(&second);
    let known = orders[0]["order_id"].as_str().unwrap();
    let found = client.get_verification(of_loans(get(known))).await.unwrap();
    assert_ne!(found.into_inner().state(), VerificationState::InFlight);
}
