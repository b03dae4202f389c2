//! UPI's side of the wire through the library, over loopback HTTP.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use idphoto::domain::{Member, Outcome, Rules};
use idphoto::observe::Nobody;
use idphoto::sandbox::kit::{APP_ID, Kit, MEMBER_IIN, MEMBER_NAME, REQUEST_PATH};
use idphoto::sandbox::{Fault, Post, Posts, Sandbox, SandboxError, Settings};
use idphoto::upi::gateway::{self, PhotoPlacement, UpiGateway};
use idphoto::upi::transport::Route;
use idphoto::upi::{AppId, BaseUrl, RequestPath, Timeouts};
use idphoto::verify::port::{CallError, Gateway as _, SystemClock};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

mod by_hand;
mod fault;
mod participant;

use crate::requests::order_id;
use crate::wait::{PATIENCE, until};
use participant::{Participant, verification};

/// Making keys takes long: all tests share these.
static KIT: LazyLock<Kit> = LazyLock::new(|| Kit::generate().unwrap());

fn settings() -> Settings {
    Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        allow_non_loopback: false,
        app_id: APP_ID.to_owned(),
        request_path: REQUEST_PATH.to_owned(),
        clock_window: Duration::from_secs(300),
        photo_placement: PhotoPlacement::Beside,
        rules: Rules::default(),
    }
}

/// A running sandbox.
struct Running {
    address: SocketAddr,
    posts: Posts,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

async fn bind(settings: Settings) -> Result<Sandbox, SandboxError> {
    Sandbox::bind(
        settings,
        &KIT.upi().unwrap(),
        Arc::new(SystemClock),
        Arc::new(Nobody),
    )
    .await
}

fn run(sandbox: Sandbox) -> Running {
    let (stop, stopped) = oneshot::channel::<()>();
    Running {
        address: sandbox.local_addr(),
        posts: sandbox.posts(),
        stop,
        ended: tokio::spawn(sandbox.run(async {
            // A test that ends without stopping it stops it too.
            let _ = stopped.await;
        })),
    }
}

async fn start() -> Running {
    run(bind(settings()).await.unwrap())
}

impl Running {
    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn get(&self, path: &str) -> Value {
        let response = reqwest::get(self.url(path)).await.unwrap();
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }

    fn gateway(&self, timeout: Duration, photo_placement: PhotoPlacement) -> UpiGateway {
        let member = Member::parse(MEMBER_IIN, MEMBER_NAME, Rules::default().free_text);
        let settings = gateway::Settings {
            route: Route {
                timeouts: Timeouts::new(timeout, Duration::from_secs(1)).unwrap(),
                ..Route::direct(BaseUrl::parse(&self.url("")).unwrap())
            },
            request_path: RequestPath::parse(REQUEST_PATH).unwrap(),
            app_id: AppId::parse(APP_ID).unwrap(),
            photo_placement,
            escape_solidus: true,
            clock_window: Duration::from_secs(300),
            response_codes: std::collections::BTreeMap::new(),
            member: member.unwrap(),
        };
        let keys = KIT.participant().unwrap();
        UpiGateway::new(settings, &keys, Arc::new(SystemClock), Arc::new(Nobody)).unwrap()
    }
}

async fn outcome(gateway: &UpiGateway, scenario: &str) -> Result<Outcome, CallError> {
    let request = verification(&order_id(), scenario);
    let sealed = gateway.seal(&request).await.unwrap();
    gateway.send(sealed).await.map(|answer| answer.outcome)
}

#[tokio::test]
async fn the_gateways_own_requests_are_accepted_in_both_placements_of_the_photo() {
    for photo_placement in [PhotoPlacement::Beside, PhotoPlacement::Encrypted] {
        let settings = Settings {
            photo_placement,
            ..settings()
        };
        let sandbox = run(bind(settings).await.unwrap());
        let gateway = sandbox.gateway(PATIENCE, photo_placement);
        let first = outcome(&gateway, "test").await.unwrap();
        assert!(matches!(first, Outcome::Comparison(_)), "{first:?}");
        // The score belongs to number and photo: another order changes nothing.
        assert_eq!(outcome(&gateway, "other").await.unwrap(), first);
    }
}

#[tokio::test]
async fn scenarios_pick_score_code_and_delay() {
    let sandbox = start().await;
    let gateway = sandbox.gateway(PATIENCE, PhotoPlacement::Beside);
    let picked = outcome(&gateway, "sandbox:confidence=42").await.unwrap();
    assert!(matches!(picked, Outcome::Comparison(c) if c.get() == 42));
    let Outcome::Rejection(rejection) = outcome(&gateway, "sandbox:code=70").await.unwrap() else {
        panic!("no rejection");
    };
    assert_eq!(rejection.code.as_str(), "70");
    assert_eq!(rejection.message, "Validation error from the source");
    let started = std::time::Instant::now();
    outcome(&gateway, "sandbox:delay=300ms").await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn the_gateway_takes_no_faulty_answer_for_an_answer() {
    let sandbox = start().await;
    let gateway = Arc::new(sandbox.gateway(Duration::from_secs(3), PhotoPlacement::Beside));
    let mut calls = JoinSet::new();
    for fault in Fault::ALL {
        let gateway = Arc::clone(&gateway);
        calls.spawn(async move {
            let scenario = format!("sandbox:fault={fault}");
            (fault, outcome(&gateway, &scenario).await)
        });
    }
    for (fault, outcome) in calls.join_all().await {
        match fault {
            Fault::Unauthorized => assert!(matches!(outcome, Err(CallError::Refused(_)))),
            _ => assert!(matches!(outcome, Err(CallError::Unknown(_))), "{fault}"),
        }
    }
}

#[tokio::test]
async fn a_repeated_order_id_is_a_duplicated_transaction_also_after_a_lost_answer() {
    let sandbox = start().await;
    let participant = Participant::new(&KIT);
    for (scenario, status) in [("test", "00"), ("sandbox:fault=no-signature", "00")] {
        let (order_id, client) = (order_id(), reqwest::Client::new());
        for expected in [status, "94", "94"] {
            let request = participant.request(&sandbox.url(REQUEST_PATH), &order_id, scenario);
            let response = client.execute(request).await.unwrap();
            let answer: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
            assert_eq!(answer["msgResponse"]["responseCode"], expected);
        }
        assert_eq!(sandbox.posts.of(&order_id).unwrap().posts, 3);
    }
}

#[tokio::test]
async fn an_order_that_was_refused_unauthorized_may_come_again() {
    let sandbox = start().await;
    let participant = Participant::new(&KIT);
    let order_id = order_id();
    for (scenario, member, code) in [
        ("sandbox:fault=unauthorized", "MsgResponse", "E0"),
        ("test", "msgResponse", "00"),
    ] {
        let request = participant.request(&sandbox.url(REQUEST_PATH), &order_id, scenario);
        let response = reqwest::Client::new().execute(request).await.unwrap();
        let answer: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(answer[member]["responseCode"], code);
    }
    let post = sandbox.posts.of(&order_id).unwrap();
    assert_eq!((post.posts, post.refused), (2, 0));
}

#[tokio::test]
async fn posts_are_counted_by_order_with_their_headers_and_nobodys_data() {
    let sandbox = start().await;
    let participant = Participant::new(&KIT);
    let order_id = order_id();
    let request = participant.request(&sandbox.url(REQUEST_PATH), &order_id, "test");
    let size = request.body().unwrap().as_bytes().unwrap().len();
    let mut spoiled = request.try_clone().unwrap();
    spoiled.headers_mut().remove("UPI-JWS");
    let client = reqwest::Client::new();
    client.execute(request).await.unwrap();
    client.execute(spoiled).await.unwrap();
    let orders = sandbox.get("/orders").await;
    let order = &orders["orders"][&order_id];
    assert_eq!((&order["posts"], &order["refused"]), (&1.into(), &1.into()));
    assert_eq!(order["body_bytes"], size);
    assert_eq!(order["jwe_header"]["kid"], "sandbox-upi-encryption-1");
    assert_eq!(order["jws_header"], Value::Null);
    assert_eq!(sandbox.get(&format!("/orders/{order_id}")).await, *order);
    for secret in ["李雷", "11010519491231002X", "customerNm"] {
        assert!(!orders.to_string().contains(secret));
    }
}

#[tokio::test]
async fn a_post_is_counted_before_its_answer_is_delayed() {
    let sandbox = start().await;
    let participant = Participant::new(&KIT);
    let order_id = order_id();
    let url = sandbox.url(REQUEST_PATH);
    let request = participant.request(&url, &order_id, "sandbox:delay=10m");
    let call = tokio::spawn(reqwest::Client::new().execute(request));
    let counted = async || sandbox.posts.of(&order_id).is_some();
    until("the post is counted", counted).await;
    assert!(!call.is_finished());
    let Post { posts, refused, .. } = sandbox.posts.of(&order_id).unwrap();
    assert_eq!((posts, refused), (1, 0));
    call.abort();
}

#[tokio::test]
async fn it_listens_beyond_loopback_only_when_that_is_said_by_name() {
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let settings = Settings {
            listen: listen.parse().unwrap(),
            ..settings()
        };
        let error = bind(settings).await.err().unwrap();
        assert!(matches!(error, SandboxError::BeyondLoopback(_)));
        assert!(error.to_string().contains("--allow-non-loopback"));
    }
    let allowed = Settings {
        listen: "0.0.0.0:0".parse().unwrap(),
        allow_non_loopback: true,
        ..settings()
    };
    assert_ne!(bind(allowed).await.unwrap().local_addr().port(), 0);
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_that_names_it() {
    let sandbox = bind(settings()).await.unwrap();
    let settings = Settings {
        listen: sandbox.local_addr(),
        ..settings()
    };
    let error = bind(settings).await.err().unwrap();
    assert!(
        matches!(&error, SandboxError::Listen { listen, .. } if *listen == sandbox.local_addr())
    );
}

#[tokio::test]
async fn shutdown_ends_at_once_whatever_the_connections_do() {
    let sandbox = start().await;
    let participant = Participant::new(&KIT);
    let mut silent = TcpStream::connect(sandbox.address).await.unwrap();
    let mut halfway = TcpStream::connect(sandbox.address).await.unwrap();
    halfway.write_all(b"POST / HTTP/1.1\r\n").await.unwrap();
    let order_id = order_id();
    let url = sandbox.url(REQUEST_PATH);
    let request = participant.request(&url, &order_id, "sandbox:fault=hang");
    let hanging = tokio::spawn(reqwest::Client::new().execute(request));
    let counted = async || sandbox.posts.of(&order_id).is_some();
    until("the post is counted", counted).await;
    sandbox.stop.send(()).unwrap();
    timeout(PATIENCE, sandbox.ended).await.unwrap().unwrap();
    assert!(hanging.await.unwrap().is_err());
    assert_eq!(silent.read(&mut [0]).await.unwrap_or(0), 0);
    assert!(TcpStream::connect(sandbox.address).await.is_err());
}
