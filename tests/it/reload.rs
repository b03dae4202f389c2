//! A new configuration without a restart, through the real binary: what a reload brings, and what it
//! leaves when it is bad.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use idphoto::pb::verify_id_photo_response::Outcome;
use reqwest::Client;
use serde_json::Value;
use tokio::task::JoinSet;
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use crate::admin;
use crate::configured::Configured;
use crate::keys::{LONG, OURS, THEIRS};
use crate::process::{Gateway, Process, client};
use crate::requests::request;
use crate::server::{Authority, tls_settings, trusting, verify};
use crate::wait::until;

/// How often what is reloaded changes under load.
pub const TIMES: usize = 20;
const CALLERS: usize = 4;

/// Nobody looks at files but when he is told to.
pub const BY_SIGNAL: &str = "server.reload_interval=0s";

/// Calls without a pause, all of which have to succeed.
pub struct Load {
    stop: Arc<AtomicBool>,
    made: Arc<AtomicUsize>,
    callers: JoinSet<()>,
}

impl Load {
    pub fn start<F>(call: impl Fn() -> F + Clone + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), tonic::Status>> + Send,
    {
        let mut load = Self {
            stop: Arc::default(),
            made: Arc::default(),
            callers: JoinSet::new(),
        };
        for _ in 0..CALLERS {
            let (stop, made) = (Arc::clone(&load.stop), Arc::clone(&load.made));
            let call = call.clone();
            load.callers.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    call().await.unwrap();
                    made.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        load
    }

    /// Waits until every caller may have begun and ended a call since now.
    pub async fn goes_on(&self) {
        let enough = self.made.load(Ordering::Relaxed) + 3 * CALLERS;
        let went_on = async || {
            let all = self.callers.len() == CALLERS;
            assert!(all, "a call failed");
            self.made.load(Ordering::Relaxed) >= enough
        };
        until("calls go on", went_on).await;
    }

    pub async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.callers.join_all().await;
    }
}

async fn page(admin: &str, path: &str) -> String {
    let answer = reqwest::get(format!("{admin}{path}")).await.unwrap();
    answer.text().await.unwrap()
}

async fn has_line(admin: &str, line: &str) -> bool {
    let metrics = page(admin, "/metrics").await;
    metrics.lines().any(|found| found == line)
}

/// Waits until so many reloads have ended in this way.
pub async fn reloaded(admin: &str, result: &str, times: usize) {
    let line = format!("idphoto_reloads_total{{result=\"{result}\"}} {times}");
    until(&line, async || has_line(admin, &line).await).await;
}

/// Status and body of `POST /reload`.
pub async fn post(admin: &str) -> (u16, Value) {
    let asked = Client::new().post(format!("{admin}/reload"));
    let asked = asked.header("content-type", "application/json");
    let answer = asked.send().await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

fn start(settings: &[String]) -> (Gateway, String) {
    let settings: Vec<_> = settings.iter().map(String::as_str).collect();
    admin::start(&settings)
}

/// A gateway of a configuration file.
fn serve(config: &Path, settings: &[&str]) -> (Process, String, String) {
    let config = config.display().to_string();
    let mut args = vec!["serve", "--config", &config, "--listen", "127.0.0.1:0"];
    for setting in ["admin.listen=127.0.0.1:0"].iter().chain(settings) {
        args.extend(["--set", setting]);
    }
    let process = Process::start(&args);
    let admin = process.wait_for("admin listening on ");
    let address = process.wait_for("gRPC listening on ");
    (process, admin, address)
}

#[tokio::test(flavor = "multi_thread")]
async fn certificate_key_and_clients_authorities_change_under_load_and_no_call_fails() {
    let (authorities, clients) = ([Authority::new(), Authority::new()], Authority::new());
    let (dir, mut settings) = tls_settings(&authorities[0], Some(&clients));
    settings.push(BY_SIGNAL.to_owned());
    let (gateway, admin) = start(&settings);
    let both = authorities
        .each_ref()
        .map(|one| Certificate::from_pem(&one.pem));
    let (certificate, key) = clients.issue();
    let identity = Identity::from_pem(certificate, key);
    let tls = ClientTlsConfig::new()
        .ca_certificates(both)
        .domain_name("localhost")
        .identity(identity.clone());
    let load = Load::start({
        let address = gateway.address.clone();
        move || {
            // Each call has a connection of its own.
            let mut caller = crate::server::client(&address, tls.clone());
            async move { caller.verify_id_photo(request("test")).await.map(drop) }
        }
    });
    for time in 1..=TIMES {
        let (certificate, key) = authorities[time % 2].issue();
        std::fs::write(dir.path().join("cert.pem"), certificate).unwrap();
        std::fs::write(dir.path().join("key.pem"), key).unwrap();
        let others = Authority::new().pem;
        std::fs::write(
            dir.path().join("clients.pem"),
            clients.pem.clone() + &others,
        )
        .unwrap();
        gateway.process.signal("HUP");
        reloaded(&admin, "good", time).await;
        load.goes_on().await;
        for (index, authority) in authorities.iter().enumerate() {
            let tls = trusting(authority).identity(identity.clone());
            assert_eq!(
                verify(&gateway, tls).await.is_ok(),
                index == time % 2,
                "{time}"
            );
        }
    }
    load.end().await;
    let printed = gateway.process.printed();
    assert_eq!(
        printed.matches("reason=\"SIGHUP\"").count(),
        TIMES,
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_taken_off_the_list_admits_nobody_new() {
    let (authority, old, new) = (Authority::new(), Authority::new(), Authority::new());
    let (dir, mut settings) = tls_settings(&authority, Some(&old));
    settings.push(BY_SIGNAL.to_owned());
    let (gateway, admin) = start(&settings);
    let identified =
        |(certificate, key)| trusting(&authority).identity(Identity::from_pem(certificate, key));
    let (admitted, later) = (identified(old.issue()), identified(new.issue()));
    verify(&gateway, admitted.clone()).await.unwrap();
    let mut open = crate::server::client(&gateway.address, admitted.clone());
    open.verify_id_photo(request("test")).await.unwrap();
    std::fs::write(dir.path().join("clients.pem"), &new.pem).unwrap();
    assert_eq!(post(&admin).await.0, 200);
    assert!(verify(&gateway, admitted).await.is_err());
    verify(&gateway, later).await.unwrap();
    // Who is there already stays.
    open.verify_id_photo(request("test")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn upis_side_changes_as_a_whole_under_load_and_no_call_fails() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("idphoto.toml");
    let sides = ["one", "other"].map(|name| {
        let dir = folder.path().join(name);
        let sandbox = Process::start(&["sandbox", "--dir", dir.to_str().unwrap()]);
        let upi = sandbox.wait_for("sandbox listening on ");
        (sandbox, upi, dir.join("idphoto.toml"))
    });
    std::fs::copy(&sides[0].2, &config).unwrap();
    let ledger = folder.path().join("ledger.db");
    let ledger = format!("ledger.url=sqlite:{}", ledger.display());
    let (process, admin, address) = serve(&config, &[BY_SIGNAL, &ledger]);
    let caller = client(&address);
    let load = Load::start(move || {
        // Orders are under way while keys and address change.
        let mut caller = caller.clone();
        async move {
            let answered = caller.verify_id_photo(request("sandbox:delay=20ms")).await;
            answered.map(drop)
        }
    });
    for time in 1..=TIMES {
        std::fs::copy(&sides[time % 2].2, &config).unwrap();
        process.signal("HUP");
        reloaded(&admin, "good", time).await;
        load.goes_on().await;
    }
    load.end().await;
    for (_, upi, _) in &sides {
        let orders = page(upi, "/orders").await;
        let orders: Value = serde_json::from_str(&orders).unwrap();
        let orders = orders["orders"].as_object().unwrap();
        assert!(orders.len() >= CALLERS, "{orders:?}");
        assert!(
            orders.values().all(|order| order["refused"] == 0),
            "{orders:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_set_leaves_the_old_one_in_force_and_says_why() {
    let configured = Configured::new();
    let config = configured.path("idphoto.toml");
    let (process, admin, _) = serve(&config, &[BY_SIGNAL]);
    let good = |name: &str| std::fs::read(configured.path(name)).unwrap();
    let (key, toml) = (good("our.key"), good("idphoto.toml"));
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let spoilt: [(&str, Option<Vec<u8>>, &str); 4] = [
        ("our.key", Some(half(&key)), "upi.signing.key_file"),
        (
            "our.crt",
            Some(THEIRS.certificate_pem(LONG)),
            "upi.signing.cert_file",
        ),
        ("verification.pem", None, "upi.verification[0].key_file"),
        ("idphoto.toml", Some(half(&toml)), ""),
    ];
    for (time, (name, bytes, place)) in spoilt.into_iter().enumerate() {
        let before = good(name);
        match bytes {
            Some(bytes) => configured.write(name, &bytes),
            None => std::fs::remove_file(configured.path(name)).unwrap(),
        }
        let (status, told) = post(&admin).await;
        assert_eq!(
            (status, &told["reloaded"]),
            (422, &Value::Bool(false)),
            "{name}"
        );
        assert!(told["problems"].to_string().contains(place), "{told}");
        reloaded(&admin, "refused", time + 1).await;
        assert!(has_line(&admin, "idphoto_reload_refused 1").await);
        let shown = page(&admin, "/config").await;
        assert!(
            shown.starts_with("# This stays in force. What was read at "),
            "{shown}"
        );
        assert!(
            shown.contains(place) && shown.contains("kid = \"1555570302\""),
            "{shown}"
        );
        configured.write(name, &before);
        assert_eq!(post(&admin).await.0, 200, "{name}");
        assert!(has_line(&admin, "idphoto_reload_refused 0").await);
        assert!(page(&admin, "/config").await.starts_with("# read at "));
    }
    process.prints("the new configuration is refused").await;
    let printed = process.printed();
    assert!(printed.contains("upi.signing.key_file"), "{printed}");
    for value in ["our.key", "our.crt", "verification.pem", "PRIVATE"] {
        assert!(!printed.contains(value), "{value} in {printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_are_served_as_before_when_certificate_and_key_do_not_fit() {
    let authority = Authority::new();
    let (dir, mut settings) = tls_settings(&authority, None);
    settings.push(BY_SIGNAL.to_owned());
    let (gateway, admin) = start(&settings);
    std::fs::write(dir.path().join("cert.pem"), authority.issue().0).unwrap();
    let (status, told) = post(&admin).await;
    assert_eq!(
        (status, &told["problems"][0]["key"]),
        (422, &"server.tls.key_file".into())
    );
    verify(&gateway, trusting(&authority)).await.unwrap();
}

/// A folder as Kubernetes makes one of a secret: files behind a link that is changed at once.
struct Mounted(PathBuf);

impl Mounted {
    fn put(&self, version: usize, (certificate, key): (String, String)) {
        use std::os::unix::fs::symlink;

        let folder = self.0.join(format!("..{version}"));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("cert.pem"), certificate).unwrap();
        std::fs::write(folder.join("key.pem"), key).unwrap();
        let next = self.0.join("..next");
        symlink(&folder, &next).unwrap();
        std::fs::rename(next, self.0.join("..data")).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_changed_behind_a_link_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = Mounted(folder.path().to_owned());
    let authorities = [Authority::new(), Authority::new(), Authority::new()];
    mounted.put(0, authorities[0].issue());
    let data = folder.path().join("..data");
    let settings = [
        format!("server.tls.cert_file={}", data.join("cert.pem").display()),
        format!("server.tls.key_file={}", data.join("key.pem").display()),
        "server.reload_interval=100ms".to_owned(),
    ];
    let (gateway, _) = start(&settings);
    for (version, authority) in authorities.iter().enumerate() {
        if version > 0 {
            mounted.put(version, authority.issue());
        }
        let taken = async || verify(&gateway, trusting(authority)).await.is_ok();
        until("the new certificate is there", taken).await;
    }
    gateway.process.prints("reason=\"changed files\"").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_is_refused_once_and_not_again_and_again() {
    let configured = Configured::new();
    let config = configured.path("idphoto.toml");
    let (process, admin, _) = serve(&config, &["server.reload_interval=100ms"]);
    configured.write("our.key", b"half a k");
    reloaded(&admin, "refused", 1).await;
    configured.write("our.key", &OURS.private_pem());
    reloaded(&admin, "good", 1).await;
    assert!(has_line(&admin, "idphoto_reloads_total{result=\"refused\"} 1").await);
    let printed = process.printed();
    assert_eq!(printed.matches("is refused").count(), 1, "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_restart_is_named_and_the_rest_is_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let sandbox = Process::start(&["sandbox", "--dir", keys.to_str().unwrap()]);
    sandbox.wait_for("sandbox listening on ");
    let config = keys.join("idphoto.toml");
    let (process, admin, address) = serve(&config, &[BY_SIGNAL]);
    let mut caller = client(&address);
    let mut rejected = async || {
        let answer = caller.verify_id_photo(request("sandbox:code=70")).await;
        match answer.unwrap().into_inner().outcome.unwrap() {
            Outcome::Rejection(rejection) => rejection.category().as_str_name(),
            Outcome::Comparison(_) => "",
        }
    };
    assert_eq!(rejected().await, "REJECTION_CATEGORY_NOT_CONFIRMED");
    let toml = std::fs::read_to_string(&config).unwrap();
    let toml = toml.replace(
        "[upi]\n",
        "[upi]\ntimeout = \"64s\"\nresponse_codes = { 70 = \"OTHER\" }\n",
    );
    let toml = toml + "\n[telemetry]\nlog_level = \"debug\"\n[server]\nmax_in_flight = 7\n";
    std::fs::write(&config, toml).unwrap();
    let (status, told) = post(&admin).await;
    assert_eq!((status, &told["reloaded"]), (200, &Value::Bool(true)));
    let keys = serde_json::json!(["server.max_in_flight", "upi.timeout"]);
    assert_eq!(told["needs_restart"], keys);
    process
        .prints("changed, but needs a restart: server.max_in_flight, upi.timeout")
        .await;
    assert_eq!(rejected().await, "REJECTION_CATEGORY_OTHER");
    assert!(
        page(&admin, "/log-level")
            .await
            .contains("\"configured\":\"debug\"")
    );
    let shown = page(&admin, "/config").await;
    assert!(shown.contains("max_in_flight = 4096"), "{shown}");
    assert!(
        shown.contains("# changed, but needs a restart: server.max_in_flight"),
        "{shown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_does_not_turn_plaintext_while_it_is_used() {
    let authority = Authority::new();
    let (dir, tls) = tls_settings(&authority, None);
    let config = dir.path().join("idphoto.toml");
    let line = |setting: &String| {
        let (key, path) = setting.split_once('=').unwrap();
        format!("{key} = \"{path}\"\n")
    };
    std::fs::write(&config, tls.iter().map(line).collect::<String>()).unwrap();
    let path = config.display().to_string();
    let process = Process::start(&[
        "serve",
        "--sandbox",
        "--config",
        &path,
        "--listen",
        "127.0.0.1:0",
        "--set",
        "admin.listen=127.0.0.1:0",
    ]);
    let admin = process.wait_for("admin listening on ");
    std::fs::write(&config, "").unwrap();
    let (_, told) = post(&admin).await;
    let keys = serde_json::json!(["server.tls.cert_file", "server.tls.key_file"]);
    assert_eq!(told["needs_restart"], keys);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_operators_reload() {
    let (gateway, admin) = admin::start(&[BY_SIGNAL]);
    let url = format!("{admin}/reload");
    let http = Client::new();
    let json = "application/json";
    for (asked, status) in [
        // A form of a web page, which a browser sends without asking.
        (http.post(&url).header("content-type", "text/plain"), 415),
        (http.post(&url), 415),
        (http.get(&url), 405),
        (http.put(&url).header("content-type", json), 405),
        (
            http.post(&url)
                .header("content-type", json)
                .header("host", "evil.example"),
            403,
        ),
    ] {
        assert_eq!(asked.send().await.unwrap().status().as_u16(), status);
    }
    assert!(has_line(&admin, "idphoto_reloads_total{result=\"good\"} 0").await);
    assert_eq!(post(&admin).await.0, 200);
    gateway.process.prints("reason=\"POST /reload\"").await;
}
