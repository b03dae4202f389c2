//! One run: a gateway that dies, one that follows it, and what they told.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use idphoto::pb::{VerificationState, VerifyIdPhotoRequest, VerifyIdPhotoResponse};
use tempfile::TempDir;
use tonic::{Code, Request, Status};

use crate::engine::Engine;
use crate::plan::Plan;
use crate::process::{Process, client, idphoto};
use crate::requests::{get, request, row};
use crate::wait::until;

/// For calls whose order may be nobody's for a while.
const SHORT: Duration = Duration::from_secs(5);
/// For all others.
pub const LONG: Duration = Duration::from_secs(30);

/// A sandbox that outlives the gateways, and its configuration of one.
pub struct Upi {
    _process: Process,
    _folder: TempDir,
    pub place: Place,
}

/// Where it is.
#[derive(Clone)]
pub struct Place {
    pub url: String,
    pub config: PathBuf,
}

impl Upi {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kit = folder.path().join("kit").display().to_string();
        let process = Process::start(&["sandbox", "--dir", &kit, "--listen", "127.0.0.1:0"]);
        let url = process.wait_for("sandbox listening on ");
        let config = folder.path().join("kit/idphoto.toml");
        Self {
            _process: process,
            _folder: folder,
            place: Place { url, config },
        }
    }
}

/// How long a gateway waits for UPI.
#[derive(Clone, Copy)]
pub enum Patience {
    Quick,
    Slow,
}

/// A gateway to this sandbox. An order of one that is gone is given up so much later as it waits
/// for UPI, and for the ledger, and ten seconds.
pub fn serve(upi: &Place, settings: &[String], patience: Patience) -> Command {
    let mut command = idphoto(&["serve", "--listen", "127.0.0.1:0", "--config"]);
    command.arg(&upi.config);
    let limits = match patience {
        Patience::Quick => ["upi.timeout=3s", "upi.connect_timeout=2s"],
        Patience::Slow => ["upi.timeout=20s", "upi.connect_timeout=2s"],
    };
    let base = format!("upi.base_url={}", upi.url);
    let others = limits.into_iter().chain([base.as_str()]);
    for setting in settings.iter().map(String::as_str).chain(others) {
        command.args(["--set", setting]);
    }
    command
}

/// How often UPI's side received an order.
pub async fn posts(url: &str, order: &str) -> u64 {
    let reply = reqwest::get(format!("{url}/orders/{order}")).await.unwrap();
    if reply.status() == 404 {
        return 0;
    }
    let post: serde_json::Value = serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap();
    post["posts"].as_u64().unwrap() + post["refused"].as_u64().unwrap()
}

/// A caller whose orders are counted, and who has more than enough left.
pub const COUNTED: [&str; 2] = [
    "callers=[{ name = \"counted\", identities = [\"dns:counted.example\"], daily_budget = 1000000 }]",
    "auth.trusted_proxies=[\"127.0.0.0/8\"]",
];

/// On behalf of that one.
fn counted<T>(message: T) -> Request<T> {
    let mut asked = Request::new(message);
    let name = "DNS=counted.example".parse().unwrap();
    asked.metadata_mut().insert("x-forwarded-client-cert", name);
    asked
}

/// What is wrong with a ledger: the numbers of budgets differ from the orders, for example.
pub fn miscounted(upi: &Place, settings: &[String]) -> Option<String> {
    let mut command = idphoto(&["ledger", "check", "--config"]);
    command.arg(&upi.config);
    for setting in settings {
        command.args(["--set", setting]);
    }
    let checked = command.output().unwrap();
    (!checked.status.success()).then(|| format!("{checked:?}"))
}

type Told = Result<VerifyIdPhotoResponse, Status>;

/// A run, and what was wrong.
pub struct Run {
    pub plan: Plan,
    pub upi: Place,
    /// Its gateway died at the point.
    pub killed: bool,
    /// By order: before the last time that all were asked for, and then.
    told: [Vec<Vec<Told>>; 2],
    pub broken: Vec<String>,
}

impl Run {
    pub async fn of(plan: Plan, engine: &dyn Engine, upi: &Place) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = engine.settings(folder.path());
        settings.extend(COUNTED.map(str::to_owned));
        let mut command = serve(upi, &settings, Patience::Quick);
        command.env("IDPHOTO_CRASH_AT", plan.wish());
        let mut gateway = Process::run(command);
        // The ledger is written before the first call, so some die early.
        let (first, killed) = match gateway.tells("gRPC listening on ") {
            Some(address) => {
                let first = ask_all(&address, &plan, LONG).await;
                let killed = first.iter().flatten().any(is_cut);
                (first, killed)
            }
            None => (vec![Vec::new(); plan.orders.len()], true),
        };
        // One that did not come to its point dies now.
        gateway.signal("KILL");
        gateway.end();

        let gateway = Process::run(serve(upi, &settings, Patience::Quick));
        let address = gateway.wait_for("gRPC listening on ");
        let limit = if engine.recovers() { LONG } else { SHORT };
        let second = ask_all(&address, &plan, limit).await;
        let mut run = Self {
            plan,
            upi: upi.clone(),
            killed,
            told: [first, second],
            broken: Vec::new(),
        };
        run.judge(&address, engine.recovers()).await;
        if engine.recovers() {
            run.broken.extend(miscounted(upi, &settings));
        }
        run
    }

    /// When everybody was given up whose gateway died, nothing may be left open.
    pub async fn ask_again(&mut self, address: &str) {
        for (order, _) in &self.plan.orders {
            given_up(address, order).await;
        }
        let last = ask_all(address, &self.plan, LONG).await;
        let [before, told] = &mut self.told;
        for (before, told) in before.iter_mut().zip(std::mem::replace(told, last)) {
            before.extend(told);
        }
        self.judge(address, true).await;
    }

    async fn judge(&mut self, address: &str, settled: bool) {
        let mut client = client(address);
        for (number, (order, _)) in self.plan.orders.iter().enumerate() {
            let found = client.get_verification(counted(get(order))).await;
            let state = found.map_or(VerificationState::Unspecified, |it| it.into_inner().state());
            let posts = posts(&self.upi.url, order).await;
            let [before, last] = [&self.told[0][number], &self.told[1][number]];
            let how = judge(posts, state, (before, last), settled);
            let seed = self.plan.seed;
            let wish = self.plan.wish();
            let ends: Vec<_> = before.iter().chain(last).map(end).collect();
            self.broken.extend(how.map(|how| {
                format!("seed {seed} ({wish}), {order}: {how}; {posts} posts, {state:?}, {ends:?}")
            }));
        }
    }
}

async fn given_up(address: &str, order: &str) {
    until("the order is given up", async || {
        let found = client(address).get_verification(counted(get(order))).await;
        match found {
            Ok(found) => found.into_inner().state() != VerificationState::InFlight,
            // Nobody claimed it: its call ended before.
            Err(status) => status.code() == Code::NotFound,
        }
    })
    .await;
}

/// What is wrong with an order.
fn judge(
    posts: u64,
    state: VerificationState,
    (before, last): (&[Told], &[Told]),
    settled: bool,
) -> Option<&'static str> {
    let answers: Vec<_> = before.iter().chain(last).flatten().collect();
    let differ = answers.windows(2).any(|two| {
        let [one, other] = [two[0], two[1]];
        (&one.upi_uuid, &one.outcome) != (&other.upi_uuid, &other.outcome)
    });
    let answered = before.iter().any(Result::is_ok);
    let replayed = |told: &&Told| told.as_ref().is_ok_and(|told| told.replayed);
    // The ledger of a busy machine may be late, until there is time for everything.
    let late = |told: &&Told| !settled && reason(told).is_some_and(|it| it == "LEDGER_UNAVAILABLE");
    let last: Vec<_> = last.iter().filter(|told| !late(told)).collect();
    let reasons: Vec<_> = last.iter().copied().filter_map(reason).collect();
    let allowed = |reason: &String| match reason.as_str() {
        "OUTCOME_UNKNOWN" => true,
        // Or the client's own library saw the deadline first.
        "ANSWER_PENDING" | "" => !settled,
        _ => false,
    };
    match () {
        () if posts > 1 => Some("sent twice"),
        () if differ => Some("two answers"),
        () if answered && !last.iter().all(replayed) => Some("an answer is forgotten"),
        () if !reasons.iter().all(allowed) => Some("another end than the contract allows"),
        () if settled && state == VerificationState::InFlight => Some("stuck"),
        () if !answers.is_empty() && state != VerificationState::Answered => Some("not recorded"),
        () if !answers.is_empty() && posts != 1 => Some("an answer to nothing"),
        () if posts == 1 && state == VerificationState::NotSent => Some("may be sent again"),
        () => None,
    }
}

/// Asks for all orders at once, each as often as planned.
async fn ask_all(address: &str, plan: &Plan, limit: Duration) -> Vec<Vec<Told>> {
    let all = plan.orders.iter().map(|(order, times)| {
        let asked = Arc::new(VerifyIdPhotoRequest {
            order_id: order.clone(),
            ..request(plan.scenario)
        });
        join_all((0..*times).map(move |_| ask(address, Arc::clone(&asked), limit)))
    });
    join_all(all).await
}

async fn ask(address: &str, asked: Arc<VerifyIdPhotoRequest>, limit: Duration) -> Told {
    let mut asked = counted((*asked).clone());
    asked.set_timeout(limit);
    let told = client(address).verify_id_photo(asked).await;
    told.map(tonic::Response::into_inner)
}

/// For a report.
fn end(told: &Told) -> String {
    match told {
        Ok(told) => format!("OK, replayed: {}", told.replayed),
        Err(status) => format!("{:?} {}", status.code(), row(status).1),
    }
}

fn reason(told: &Told) -> Option<String> {
    told.as_ref().err().map(|status| row(status).1)
}

/// No gateway said this: the connection broke.
fn is_cut(told: &Told) -> bool {
    reason(told).is_some_and(|reason| reason.is_empty())
}
