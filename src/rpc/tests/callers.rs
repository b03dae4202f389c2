//! Callers with rules: who is admitted, who is turned away, and what they may see of each other.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{CertificateParams, SanType};
use tokio::time::timeout;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

use super::super::ClientCerts;
use super::log::Log;
use super::raw::Stream;
use super::rig::{Rig, Setup, eventually, get, request, row, setup, told};
use super::tls::{Authority, Files};
use crate::callers::{Limits, Network, Pattern, Rate, Roster, Rule};
use crate::domain::{
    Budget, CallerName, Merchant, MerchantDraft, Method, Reads, Rights, Rules, sample,
};
use crate::observe::{Event, Observer};
use crate::pb;
use crate::pb::id_photo_service_client::IdPhotoServiceClient;
use crate::verify::doubles::{Upi, answer};
use crate::verify::port::Asker;

/// No call may stay without an end for longer.
const PATIENCE: Duration = Duration::from_secs(20);

pub const BOTH: &[Method] = &[Method::VerifyIdPhoto, Method::GetVerification];

pub fn rule(name: &str, identity: &str, methods: &[Method], reads: Reads) -> Rule {
    Rule {
        identities: vec![Pattern::parse(identity).unwrap()],
        rights: Rights {
            name: CallerName::parse(name).unwrap(),
            methods: methods.to_vec(),
            reads,
            merchants: Vec::new(),
            budget: Budget::default(),
        },
        limits: Limits::default(),
    }
}

/// A server with rules, and the authority of those who call it.
pub struct Bank {
    files: Files,
    pub clients: Authority,
    rig: Rig,
}

fn rules() -> Vec<Rule> {
    vec![
        rule("loans", "spiffe://bank.example/loans/*", BOTH, Reads::Own),
        rule("cards", "dns:cards.bank.example", BOTH, Reads::Own),
        rule(
            "audit",
            "spiffe://bank.example/audit",
            &[Method::GetVerification],
            Reads::All,
        ),
    ]
}

pub const LOANS: &str = "spiffe://bank.example/loans/api";
pub const AUDIT: &str = "spiffe://bank.example/audit";

impl Bank {
    pub async fn open() -> Self {
        Self::with(rules(), |setup| setup).await
    }

    pub async fn with(rules: Vec<Rule>, change: impl FnOnce(Setup) -> Setup) -> Self {
        let clients = Authority::new();
        let mut files = Files::new().with_clients_of(&clients);
        files.client_certs = ClientCerts::Optional;
        let setup = Setup {
            admission: Arc::new(Roster::new(rules, Vec::new())),
            ..files.setup()
        };
        Self {
            rig: change(setup).start().await,
            files,
            clients,
        }
    }

    pub fn channel(&self, identity: Option<tonic::transport::Identity>) -> Channel {
        let tls = self.files.trusting();
        let tls = match identity {
            Some(identity) => tls.identity(identity),
            None => tls,
        };
        let endpoint = Endpoint::from_shared(format!("https://{}", self.rig.address)).unwrap();
        endpoint.tls_config(tls).unwrap().connect_lazy()
    }

    fn nobody(&self) -> IdPhotoServiceClient<Channel> {
        IdPhotoServiceClient::new(self.channel(None))
    }

    /// With a certificate for one name: a SPIFFE id or a host.
    pub fn client(&self, name: &str) -> IdPhotoServiceClient<Channel> {
        let identity = signed(&self.clients, name);
        IdPhotoServiceClient::new(self.channel(Some(identity)))
    }
}

pub fn signed(authority: &Authority, name: &str) -> tonic::transport::Identity {
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![match name.contains("://") {
        true => SanType::URI(name.try_into().unwrap()),
        false => SanType::DnsName(name.try_into().unwrap()),
    }];
    authority.issue_for(params).identity()
}

async fn verify(mut client: IdPhotoServiceClient<Channel>, tag: &str) -> Result<(), Status> {
    let call = timeout(PATIENCE, client.verify_id_photo(request(tag)));
    call.await.expect("the call has no end").map(|_| ())
}

async fn find(
    mut client: IdPhotoServiceClient<Channel>,
    tag: &str,
) -> Result<pb::GetVerificationResponse, Status> {
    let found = client.get_verification(get(tag)).await;
    found.map(tonic::Response::into_inner)
}

fn denied() -> (Code, String, String, String) {
    let code = Code::PermissionDenied;
    told(code, "PERMISSION_DENIED", "NOT_SENT", "FIX_REQUEST")
}

pub fn unauthenticated() -> (Code, String, String, String) {
    let code = Code::Unauthenticated;
    told(code, "UNAUTHENTICATED", "NOT_SENT", "FIX_REQUEST")
}

/// Nothing was sent, and nothing is recorded: whoever reads everything finds no order.
async fn untouched(bank: &Bank, tag: &str) {
    assert_eq!(bank.rig.upi.posts(), 0);
    let found = find(bank.client(AUDIT), tag).await.unwrap_err();
    assert_eq!(found.code(), Code::NotFound);
}

#[tokio::test]
async fn callers_are_known_by_spiffe_id_or_host_name() {
    let bank = Bank::open().await;
    verify(bank.client(LOANS), "1").await.unwrap();
    verify(bank.client("cards.bank.example"), "2")
        .await
        .unwrap();
    assert_eq!(bank.rig.upi.posts(), 2);
}

#[tokio::test]
async fn without_a_certificate_a_caller_is_not_known_and_nothing_is_claimed() {
    let bank = Bank::open().await;
    let status = verify(bank.nobody(), "1").await.unwrap_err();
    assert_eq!(row(&status), unauthenticated());
    let status = find(bank.nobody(), "1").await.unwrap_err();
    assert_eq!(row(&status), unauthenticated());
    untouched(&bank, "1").await;
}

#[tokio::test]
async fn a_certificate_that_names_nobody_is_not_known() {
    let bank = Bank::open().await;
    let status = verify(bank.client("https://bank.example/loans/api"), "1").await;
    assert_eq!(row(&status.unwrap_err()), unauthenticated());
    untouched(&bank, "1").await;
}

#[tokio::test]
async fn an_identity_without_a_rule_is_not_allowed_and_nothing_is_claimed() {
    let bank = Bank::open().await;
    for stranger in [
        "spiffe://bank.example/loans",
        "spiffe://bank.example/loans-test/api",
        "spiffe://other.example/loans/api",
        "evil.cards.bank.example",
    ] {
        let status = verify(bank.client(stranger), "1").await.unwrap_err();
        assert_eq!(row(&status), denied(), "{stranger}");
    }
    untouched(&bank, "1").await;
}

#[tokio::test]
async fn a_method_that_is_not_listed_is_not_allowed_and_nothing_is_claimed() {
    let bank = Bank::open().await;
    let status = verify(bank.client(AUDIT), "1").await.unwrap_err();
    assert_eq!(row(&status), denied());
    untouched(&bank, "1").await;
}

#[tokio::test]
async fn a_certificate_of_another_authority_ends_the_handshake() {
    let bank = Bank::open().await;
    let other = signed(&Authority::new(), LOANS);
    let client = IdPhotoServiceClient::new(bank.channel(Some(other)));
    let status = verify(client, "1").await.unwrap_err();
    assert_eq!(row(&status).1, "", "the gateway answered");
    untouched(&bank, "1").await;
}

#[tokio::test]
async fn a_certificate_that_has_ended_or_not_begun_ends_the_handshake() {
    let bank = Bank::open().await;
    for years in [(2001, 2002), (4001, 4002)] {
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![SanType::URI(LOANS.try_into().unwrap())];
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        let identity = bank.clients.issue_for(params).identity();
        let client = IdPhotoServiceClient::new(bank.channel(Some(identity)));
        let status = verify(client, "1").await.unwrap_err();
        assert_eq!(row(&status).1, "", "the gateway answered");
    }
    untouched(&bank, "1").await;
}

#[tokio::test]
async fn health_needs_no_identity() {
    let bank = Bank::open().await;
    let mut health = HealthClient::new(bank.channel(None));
    health.check(HealthCheckRequest::default()).await.unwrap();
}

/// Headers alone are answered: the body never comes.
#[tokio::test]
async fn who_is_not_known_is_turned_away_before_anything_is_read() {
    let rig = Setup {
        admission: Arc::new(Roster::new(rules(), Vec::new())),
        ..setup()
    };
    let rig = rig.start().await;
    for path in [
        "/idphoto.v1.IdPhotoService/VerifyIdPhoto",
        "/idphoto.v1.IdPhotoService/GetVerification",
        "/idphoto.v1.IdPhotoService/Other",
    ] {
        let stream = Stream::open(rig.address, path, &[]).await;
        assert_eq!(stream.error().await.code(), Code::Unauthenticated, "{path}");
    }
}

#[tokio::test]
async fn the_log_says_which_identity_has_no_rule() {
    let (log, _guard) = Log::start();
    let bank = Bank::open().await;
    let stranger = "spiffe://bank.example/stranger";
    verify(bank.client(stranger), "1").await.unwrap_err();
    let line = log.lines().pop().unwrap();
    assert_eq!(line["reason"], "PERMISSION_DENIED");
    assert_eq!(
        line["cause"],
        format!("no caller has the identity {stranger}")
    );
}

fn merchant(id: &str) -> pb::Merchant {
    pb::Merchant {
        id: id.to_owned(),
        name: format!("Shop {id}"),
        category_code: "5999".to_owned(),
    }
}

fn checked(id: &str) -> Merchant {
    let pb::Merchant {
        id,
        name,
        category_code,
    } = merchant(id);
    let draft = MerchantDraft {
        id,
        name,
        category_code,
    };
    Merchant::parse(draft, &Rules::default()).unwrap()
}

#[tokio::test]
async fn a_caller_cannot_ask_on_behalf_of_a_merchant_that_is_not_listed() {
    let mut rules = rules();
    rules[0].rights.merchants = vec![checked("1"), checked("2")];
    let bank = Bank::with(rules, |setup| setup).await;
    let named = |merchant| {
        let mut client = bank.client(LOANS);
        let request = pb::VerifyIdPhotoRequest {
            merchant,
            ..request("1")
        };
        async move { client.verify_id_photo(request).await.map(|_| ()) }
    };
    let renamed = pb::Merchant {
        name: "Another".to_owned(),
        ..merchant("2")
    };
    for other in [merchant("3"), renamed] {
        let status = named(Some(other)).await.unwrap_err();
        let (code, reason, ..) = row(&status);
        assert_eq!(
            (code, reason.as_str()),
            (Code::PermissionDenied, "PERMISSION_DENIED")
        );
    }
    assert_eq!(bank.rig.upi.posts(), 0);
    named(Some(merchant("2"))).await.unwrap();
}

#[tokio::test]
async fn an_order_is_shown_to_its_caller_and_to_who_reads_all() {
    let bank = Bank::open().await;
    verify(bank.client(LOANS), "1").await.unwrap();
    for reader in ["spiffe://bank.example/loans/other", AUDIT] {
        let found = find(bank.client(reader), "1").await.unwrap();
        assert_eq!(found.state, pb::VerificationState::Answered as i32);
    }
}

#[tokio::test]
async fn to_others_an_order_is_as_one_that_nobody_ever_asked_for() {
    let bank = Bank::open().await;
    verify(bank.client(LOANS), "1").await.unwrap();
    let mut statuses = Vec::new();
    for tag in ["1", "2"] {
        let status = find(bank.client("cards.bank.example"), tag)
            .await
            .unwrap_err();
        let mut told = details(&status);
        // The order id is the caller's own word.
        let id = told.remove("order_id");
        assert_eq!(id, Some(get(tag).order_id));
        statuses.push((row(&status), status.message().to_owned(), told));
    }
    assert_eq!(statuses[0], statuses[1]);
    assert_eq!(statuses[0].0.0, Code::NotFound);
}

/// All that an error says beside code and text.
fn details(status: &Status) -> BTreeMap<String, String> {
    let details = status.get_error_details_vec();
    assert_eq!(details.len(), 1);
    let info = status.get_details_error_info().unwrap();
    info.metadata.into_iter().collect()
}

/// What a caller is told whose order id belongs to a request with other content.
async fn reused(bank: &Bank, client: IdPhotoServiceClient<Channel>) -> Status {
    let mut client = client;
    let mut other = request("1");
    other.consent.as_mut().unwrap().purpose.push('x');
    let status = client.verify_id_photo(other).await.unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists);
    assert_eq!(bank.rig.upi.posts(), 1);
    status
}

#[tokio::test]
async fn an_order_id_of_another_caller_is_told_as_one_with_other_content() {
    let bank = Bank::open().await;
    verify(bank.client(LOANS), "1").await.unwrap();
    let own = reused(&bank, bank.client(LOANS)).await;
    let status = verify(bank.client("cards.bank.example"), "1")
        .await
        .unwrap_err();
    assert_eq!(row(&status), row(&own));
    assert_eq!(status.message(), own.message());
    assert_eq!(details(&status), details(&own));
    assert_eq!(bank.rig.upi.posts(), 1);
}

#[tokio::test]
async fn nobody_joins_the_flight_of_another_caller() {
    let upi = Upi::held(|| Ok(answer()));
    let bank = Bank::with(rules(), |setup| Setup { upi, ..setup }).await;
    let first = tokio::spawn(verify(bank.client(LOANS), "1"));
    eventually(|| bank.rig.upi.posts() == 1).await;
    let status = verify(bank.client("cards.bank.example"), "1")
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists);
    bank.rig.upi.release();
    first.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_order_of_times_without_callers_is_nobodys() {
    let plain = setup().start().await;
    verify(plain.client(), "1").await.unwrap();
    let id = sample::verification("1").order_id;
    let found = plain.verifier.find(&id, &Asker::default()).await;
    let record = found.unwrap();
    let reads = |reads| rule("a", "dns:a.example", BOTH, reads).rights;
    let asker = |rights| Asker::known(Arc::new(rights));
    assert!(!asker(reads(Reads::Own)).may_read(&record));
    assert!(asker(reads(Reads::All)).may_read(&record));
}

/// The limit that a refusal names.
fn limit(status: &Status) -> String {
    let expected = told(
        Code::ResourceExhausted,
        "QUOTA_EXCEEDED",
        "NOT_SENT",
        "SAME_ORDER",
    );
    assert_eq!(row(status), expected);
    let retry = status.get_details_retry_info().unwrap().retry_delay;
    assert!(retry.is_some());
    let quota = status.get_details_quota_failure().unwrap();
    assert_eq!(quota.violations.len(), 1);
    assert_eq!(quota.violations[0].subject, "caller:loans");
    quota.violations[0].description.clone()
}

/// With one place for loans, and a UPI that answers when it is told to.
async fn narrow() -> Bank {
    let mut rules = rules();
    rules[0].limits.max_in_flight = Some(1);
    let upi = Upi::held(|| Ok(answer()));
    Bank::with(rules, |setup| Setup { upi, ..setup }).await
}

#[tokio::test]
async fn a_caller_at_its_limit_is_refused_at_once_and_takes_nothing_of_others() {
    let bank = narrow().await;
    let first = tokio::spawn(verify(bank.client(LOANS), "1"));
    eventually(|| bank.rig.upi.posts() == 1).await;
    for tag in ["2", "3", "4"] {
        let status = verify(bank.client(LOANS), tag).await.unwrap_err();
        assert_eq!(limit(&status), "max_in_flight");
    }
    // It can still look, and another one is served while it waits.
    find(bank.client(LOANS), "1").await.unwrap();
    let other = tokio::spawn(verify(bank.client("cards.bank.example"), "5"));
    eventually(|| bank.rig.upi.posts() == 2).await;
    for ended in [first, other] {
        bank.rig.upi.release();
        ended.await.unwrap().unwrap();
    }
    assert_eq!(bank.rig.upi.posts(), 2);
}

#[tokio::test]
async fn a_caller_that_calls_too_often_is_told_when_to_come_back() {
    let mut rules = rules();
    let one = NonZeroU32::MIN;
    rules[0].limits.rate = Some(Rate {
        per_second: one,
        burst: one,
    });
    let bank = Bank::with(rules, |setup| setup).await;
    // A busy machine may need a second for one call; a dozen at once take less than a dozen.
    let client = bank.client(LOANS);
    let calls: Vec<_> = (0..12)
        .map(|_| tokio::spawn(verify(client.clone(), "1")))
        .collect();
    let mut refused = 0;
    for call in calls {
        if let Err(status) = call.await.unwrap() {
            assert_eq!(limit(&status), "rate");
            refused += 1;
        }
    }
    assert!(refused > 0);
    assert_eq!(bank.rig.upi.posts(), 1);
}

#[tokio::test]
async fn an_order_whose_caller_left_counts_until_it_has_ended() {
    let bank = narrow().await;
    let first = tokio::spawn(verify(bank.client(LOANS), "1"));
    eventually(|| bank.rig.upi.posts() == 1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let status = verify(bank.client(LOANS), "2").await.unwrap_err();
    assert_eq!(limit(&status), "max_in_flight");
    bank.rig.upi.release();
    bank.rig.verifier.idle().await;
    let next = tokio::spawn(verify(bank.client(LOANS), "3"));
    eventually(|| bank.rig.upi.posts() == 2).await;
    bank.rig.upi.release();
    next.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_log_names_the_caller() {
    let (log, _guard) = Log::start();
    let bank = Bank::open().await;
    verify(bank.client(LOANS), "1").await.unwrap();
    verify(bank.client(AUDIT), "1").await.unwrap_err();
    let lines = log.lines();
    let callers: Vec<_> = lines.iter().map(|line| &line["caller"]).collect();
    assert_eq!(callers, ["loans", "audit"]);
}

/// Counts the headers that were ignored.
#[derive(Default)]
struct Ignored(AtomicUsize);

impl Observer for Ignored {
    fn record(&self, event: &Event<'_>) {
        if matches!(event, Event::ForwardedIgnored) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// What a call in plaintext comes to whose headers say who calls, where these networks are trusted.
async fn forwarded(proxies: &[&str], headers: &[&str]) -> (Code, usize) {
    let ignored = Arc::new(Ignored::default());
    let proxies = proxies.iter().map(|text| Network::parse(text).unwrap());
    let rig = Setup {
        admission: Arc::new(Roster::new(rules(), proxies.collect())),
        observer: Arc::clone(&ignored) as Arc<dyn Observer>,
        ..setup()
    };
    let rig = rig.start().await;
    let mut request = tonic::Request::new(request("1"));
    for header in headers {
        let value = header.parse().unwrap();
        request
            .metadata_mut()
            .append("x-forwarded-client-cert", value);
    }
    let ended = rig.client().verify_id_photo(request).await;
    let code = ended.map_or_else(|status| status.code(), |_| Code::Ok);
    (code, ignored.0.load(Ordering::SeqCst))
}

const LOOPBACK: &str = "127.0.0.0/8";

#[tokio::test]
async fn a_trusted_proxy_says_who_calls() {
    let said = format!("By=spiffe://bank.example/gateway;Hash=ab;URI={LOANS}");
    assert_eq!(forwarded(&[LOOPBACK], &[&said]).await, (Code::Ok, 0));
    let stranger = "By=spiffe://bank.example/gateway;URI=spiffe://bank.example/x";
    let expected = (Code::PermissionDenied, 0);
    assert_eq!(forwarded(&[LOOPBACK], &[stranger]).await, expected);
}

#[tokio::test]
async fn what_stands_before_the_proxys_own_word_counts_for_nothing() {
    let forged = format!("URI={LOANS}");
    let both = format!("{forged},By=a;Hash=b;Subject=\"\"");
    let expected = (Code::Unauthenticated, 0);
    assert_eq!(forwarded(&[LOOPBACK], &[&both]).await, expected);
    assert_eq!(forwarded(&[LOOPBACK], &[&forged, "Hash=b"]).await, expected);
    assert_eq!(forwarded(&[LOOPBACK], &[]).await, expected);
}

#[tokio::test]
async fn the_word_of_any_other_peer_is_ignored_and_counted() {
    let forged = format!("By=spiffe://bank.example/gateway;Hash=ab;URI={LOANS}");
    for proxies in [&[][..], &["10.0.0.0/8"]] {
        let ended = forwarded(proxies, &[&forged]).await;
        assert_eq!(ended, (Code::Unauthenticated, 1));
    }
}
