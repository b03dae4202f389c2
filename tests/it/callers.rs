//! Callers with rules at the real binary: what a reload does to them, and how long it takes to learn
//! nothing of the orders of others.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use idphoto::pb::id_photo_service_client::IdPhotoServiceClient;
use rcgen::{CertificateParams, SanType};
use serde_json::json;
use tempfile::TempDir;
use tokio::time::sleep;
use tonic::Code;
use tonic::transport::{Channel, Identity};

use crate::process::Process;
use crate::reload::{BY_SIGNAL, Load, TIMES, post, reloaded};
use crate::requests::{get, order_id, request, row};
use crate::server::{Authority, client, tls_settings, trusting};
use crate::wait::until;

const LOANS: &str = r#"{ name = "loans", identities = ["dns:loans.bank.example"] }"#;
const CARDS: &str = r#"{ name = "cards", identities = ["dns:cards.bank.example"] }"#;

type Client = IdPhotoServiceClient<Channel>;

/// A gateway with rules, and the authorities of both sides.
struct Bank {
    folder: TempDir,
    authority: Authority,
    clients: Authority,
    process: Process,
    admin: String,
    address: String,
}

impl Bank {
    /// With these entries of `callers`.
    fn open(entries: &[&str]) -> Self {
        let (authority, clients) = (Authority::new(), Authority::new());
        let (folder, mut settings) = tls_settings(&authority, Some(&clients));
        let ledger = folder.path().join("ledger.db");
        settings.extend([
            format!("ledger.url=sqlite:{}", ledger.display()),
            "admin.listen=127.0.0.1:0".to_owned(),
            BY_SIGNAL.to_owned(),
        ]);
        let config = folder.path().join("idphoto.toml");
        fs::write(&config, callers(entries)).unwrap();
        let config = config.display().to_string();
        let mut args = vec!["serve", "--sandbox", "--config", &*config];
        args.extend(["--listen", "127.0.0.1:0"]);
        for setting in &settings {
            args.extend(["--set", setting]);
        }
        let process = Process::start(&args);
        Self {
            admin: process.wait_for("admin listening on "),
            address: process.wait_for("gRPC listening on "),
            folder,
            authority,
            clients,
            process,
        }
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("idphoto.toml")
    }

    /// A client whose certificate is for this host; it connects when it is first used.
    fn client(&self, host: &str) -> Client {
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![SanType::DnsName(host.try_into().unwrap())];
        let (certificate, key) = self.clients.issue_as(params);
        let identity = Identity::from_pem(certificate, key);
        let tls = trusting(&self.authority).identity(identity);
        client(&self.address, tls)
    }

    /// Writes these entries, and has them read.
    async fn turn(&self, entries: &[&str]) -> serde_json::Value {
        fs::write(self.config(), callers(entries)).unwrap();
        post(&self.admin).await.1
    }
}

/// The admin port, and the gRPC port, of a gateway without TLS.
fn plaintext(config: &Path) -> (Process, String, String) {
    let config = config.display().to_string();
    let mut args = vec!["serve", "--sandbox", "--config", &*config];
    args.extend(["--listen", "127.0.0.1:0", "--set", BY_SIGNAL]);
    args.extend(["--set", "admin.listen=127.0.0.1:0"]);
    args.extend(["--set", "ledger.url=memory:"]);
    let process = Process::start(&args);
    let admin = process.wait_for("admin listening on ");
    let address = process.wait_for("gRPC listening on ");
    (process, admin, address)
}

async fn metrics(admin: &str) -> String {
    let page = reqwest::get(format!("{admin}/metrics")).await.unwrap();
    page.text().await.unwrap()
}

fn callers(entries: &[&str]) -> String {
    match entries {
        [] => String::new(),
        entries => format!("callers = [{}]\n", entries.join(", ")),
    }
}

async fn code(mut client: Client) -> Code {
    let answered = client.verify_id_photo(request("test")).await;
    answered.map_or_else(|status| status.code(), |_| Code::Ok)
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_change_under_load_and_no_call_fails() {
    let bank = Bank::open(&[LOANS]);
    let (loans, cards) = (
        bank.client("loans.bank.example"),
        bank.client("cards.bank.example"),
    );
    let load = Load::start(move || {
        let mut caller = loans.clone();
        async move { caller.verify_id_photo(request("test")).await.map(drop) }
    });
    for time in 1..=TIMES {
        let (entries, expected) = match time % 2 {
            0 => (&[LOANS][..], Code::PermissionDenied),
            _ => (&[LOANS, CARDS][..], Code::Ok),
        };
        fs::write(bank.config(), callers(entries)).unwrap();
        bank.process.signal("HUP");
        reloaded(&bank.admin, "good", time).await;
        // On one connection all the time.
        assert_eq!(code(cards.clone()).await, expected, "{time}");
        load.goes_on().await;
    }
    load.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_file_changes_no_rule() {
    let bank = Bank::open(&[LOANS]);
    let (loans, cards) = (
        bank.client("loans.bank.example"),
        bank.client("cards.bank.example"),
    );
    let whole = callers(&[CARDS, LOANS]);
    for length in [10, whole.len() / 2, whole.len() - 3] {
        fs::write(bank.config(), &whole[..length]).unwrap();
        assert_eq!(post(&bank.admin).await.1["reloaded"], false);
        assert_eq!(code(loans.clone()).await, Code::Ok);
        assert_eq!(code(cards.clone()).await, Code::PermissionDenied);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_may_begin_by_a_reload_and_do_not_end_by_one() {
    let bank = Bank::open(&[]);
    let cards = bank.client("cards.bank.example");
    assert_eq!(code(cards.clone()).await, Code::Ok);
    assert_eq!(bank.turn(&[LOANS]).await["needs_restart"], json!([]));
    assert_eq!(code(cards.clone()).await, Code::PermissionDenied);
    assert_eq!(bank.turn(&[]).await["needs_restart"], json!(["callers"]));
    assert_eq!(code(cards).await, Code::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread")]
async fn budgets_of_rules_that_a_reload_leaves_in_force_stay_in_the_metrics() {
    const LIMITED: &str =
        r#"{ name = "loans", identities = ["dns:loans.bank.example"], daily_budget = 7 }"#;
    let bank = Bank::open(&[LIMITED]);
    let shown = async || {
        let page = metrics(&bank.admin).await;
        page.contains(r#"idphoto_budget_limit{caller="loans",period="day"} 7"#)
    };
    until("it is counted", shown).await;
    assert_eq!(bank.turn(&[]).await["needs_restart"], json!(["callers"]));
    // Sleeps: they are told again within a second of a change, and nothing must change.
    sleep(Duration::from_secs(2)).await;
    assert!(shown().await);
}

/// Everybody would be turned away until then.
#[tokio::test(flavor = "multi_thread")]
async fn rules_wait_for_a_restart_with_the_way_to_prove_who_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("idphoto.toml");
    fs::write(&file, "").unwrap();
    let (_process, admin, address) = plaintext(&file);
    let set = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let keys = folder.path().join("jwks.json");
    fs::write(&keys, set).unwrap();
    let tokens = format!(
        "[auth.jwt]\nissuer = \"test\"\naudience = \"idphoto\"\njwks_file = '{}'\n",
        keys.display()
    );
    let authority = Authority::new();
    let (files, settings) = tls_settings(&authority, Some(&authority));
    let mut certificates = String::new();
    for setting in &settings {
        let (key, path) = setting.split_once('=').unwrap();
        certificates.push_str(&format!("{key} = '{path}'\n"));
    }
    for (way, key) in [
        (&tokens, "auth.jwt.issuer"),
        (&certificates, "server.tls.client_ca_file"),
    ] {
        // Keys of the root stand before all tables.
        fs::write(&file, callers(&[LOANS]) + way).unwrap();
        let told = post(&admin).await.1;
        assert_eq!(told["reloaded"], true, "{told}");
        let waits = told["needs_restart"].as_array().unwrap();
        assert!(waits.contains(&json!("callers")), "{told}");
        assert!(waits.contains(&json!(key)), "{told}");
        let mut caller = crate::process::client(&address);
        caller.verify_id_photo(request("test")).await.unwrap();
    }
    // With a way that needs no restart they begin.
    let proxies = "[auth]\ntrusted_proxies = [\"127.0.0.0/8\"]\n";
    fs::write(&file, callers(&[LOANS]) + proxies).unwrap();
    assert_eq!(post(&admin).await.1["needs_restart"], json!([]));
    let caller = crate::process::client(&address);
    assert_eq!(code(caller).await, Code::Unauthenticated);
    drop(files);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_is_taken_off_the_list_is_refused_on_its_open_connection() {
    let bank = Bank::open(&[LOANS, CARDS]);
    let mut cards = bank.client("cards.bank.example");
    let order = request("test");
    cards.verify_id_photo(order.clone()).await.unwrap();
    bank.turn(&[LOANS]).await;
    for told in [
        cards.verify_id_photo(order.clone()).await.map(drop),
        cards.get_verification(get(&order.order_id)).await.map(drop),
    ] {
        let (code, reason, dispatch, _) = row(&told.unwrap_err());
        assert_eq!(code, Code::PermissionDenied);
        assert_eq!((&*reason, &*dispatch), ("PERMISSION_DENIED", "NOT_SENT"));
    }
}

/// The chance that a time of the first kind is longer than one of the second, by all pairs.
fn longer(first: &[Duration], second: &[Duration]) -> f64 {
    let pairs = || {
        first
            .iter()
            .flat_map(|one| second.iter().map(move |other| (one, other)))
    };
    let wins = pairs().filter(|(one, other)| one > other).count();
    let ties = pairs().filter(|(one, other)| one == other).count();
    #[expect(clippy::cast_precision_loss, reason = "some 100,000 pairs")]
    let share = (2 * wins + ties) as f64 / (2 * first.len() * second.len()) as f64;
    share
}

/// By turns, 500 of each. The chance is a half when they are the same, with a deviation of 0.02.
#[tokio::test(flavor = "multi_thread")]
async fn the_time_does_not_tell_an_order_of_another_caller_from_an_unknown_one() {
    let bank = Bank::open(&[LOANS, CARDS]);
    let order = request("test");
    let mut loans = bank.client("loans.bank.example");
    loans.verify_id_photo(order.clone()).await.unwrap();
    let mut cards = bank.client("cards.bank.example");
    let (mut foreign, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..500 {
        for (id, times) in [
            (order.order_id.clone(), &mut foreign),
            (order_id(), &mut unknown),
        ] {
            let begun = Instant::now();
            let told = cards.get_verification(get(&id)).await.unwrap_err();
            times.push(begun.elapsed());
            assert_eq!(row(&told).1, "VERIFICATION_NOT_FOUND");
        }
    }
    let chance = longer(&foreign, &unknown);
    assert!((0.4..0.6).contains(&chance), "{chance}");
}
