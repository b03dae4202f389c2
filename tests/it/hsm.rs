//! Keys that never leave their token, on SoftHSM: through the real binary, and through a module around
//! SoftHSM that hangs and forgets.

use std::time::Duration;

use idphoto::app::to_passphrase;
use idphoto::pb::id_photo_service_client::IdPhotoServiceClient;
use idphoto::upi::jws::SigningKey;
use idphoto::upi::token::{TokenError, TokenKey, TokenSettings};
use serde_json::Value;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::keys::NEXT;
use crate::process::{Process, client, idphoto};
use crate::requests::{expected, get, request, row};
use crate::vectors;
use crate::wait::until;
use token::{PIN, Token, WRONG_PIN, module};

pub mod token;

const SECTION: &str = "upi.signing";
/// Long enough for a debug build on a busy machine, and short enough to wait for.
const TIMEOUT: &str = "upi.signing.pkcs11.timeout=2s";

/// A sandbox, and a gateway whose key is in a token.
struct Site {
    gateway: Process,
    caller: IdPhotoServiceClient<Channel>,
    upi: String,
    admin: String,
    token: Token,
    _sandbox: Process,
}

impl Site {
    /// `None` where there is no SoftHSM.
    fn start(with_troubles: bool, settings: &[&str]) -> Option<Self> {
        let token = Token::new()?;
        let keys = token.path("keys").display().to_string();
        let sandbox = Process::start(&["sandbox", "--dir", &keys]);
        let upi = sandbox.wait_for("sandbox listening on ");
        let key = std::fs::read(format!("{keys}/participant-signing.key.pem")).unwrap();
        let token = token.with("ours", "01", &key);
        let token = token.with("next", "02", &NEXT.private_pem());
        let config = format!("{keys}/idphoto.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        let (before, after) = text.split_once("key_file").unwrap();
        let (_, after) = after.split_once('\n').unwrap();
        std::fs::write(&config, format!("{before}{after}")).unwrap();
        let module = match with_troubles {
            true => token.shim(),
            false => module()?,
        };
        let mut command = idphoto(&["serve", "--config", &config, "--listen", "127.0.0.1:0"]);
        let mut keys = token.settings(SECTION, &module, "ours");
        if settings.iter().any(|setting| setting.contains(".next.")) {
            keys.extend(token.settings("upi.signing.next", &module, "next"));
        }
        for (key, value) in keys {
            command.args(["--set", &format!("{key}={value}")]);
        }
        let fixed = [
            "admin.listen=127.0.0.1:0",
            "server.reload_interval=0s",
            TIMEOUT,
        ];
        for setting in fixed.iter().chain(settings) {
            command.args(["--set", setting]);
        }
        command.envs(token.environment());
        let gateway = Process::run(command);
        let admin = gateway.wait_for("admin listening on ");
        let caller = client(&gateway.wait_for("gRPC listening on "));
        Some(Self {
            gateway,
            caller,
            upi,
            admin,
            token,
            _sandbox: sandbox,
        })
    }

    async fn verify(&self) -> Result<(), Status> {
        let mut caller = self.caller.clone();
        caller.verify_id_photo(request("test")).await.map(drop)
    }

    /// A call that is refused for its signature, and leaves no trace.
    async fn refused(&self) {
        let order = request("test");
        let mut caller = self.caller.clone();
        let refused = caller.verify_id_photo(order.clone()).await.unwrap_err();
        let unavailable = expected(
            Code::Unavailable,
            "SIGNING_UNAVAILABLE",
            "NOT_SENT",
            "SAME_ORDER",
        );
        assert_eq!(row(&refused), unavailable, "{}", self.gateway.printed());
        let nothing = caller.get_verification(get(&order.order_id)).await;
        assert_eq!(nothing.unwrap_err().code(), Code::NotFound);
        let told = reqwest::get(format!("{}/orders", self.upi)).await.unwrap();
        let told: Value = serde_json::from_str(&told.text().await.unwrap()).unwrap();
        assert_eq!(told["orders"].get(&order.order_id), None, "{told}");
    }

    async fn recovers(&self) {
        until("it signs again", async || self.verify().await.is_ok()).await;
    }
}

#[test]
fn the_vectors_are_signed_byte_for_byte_by_a_token() {
    let Some(module) = module() else { return };
    let pin = std::env::temp_dir().join(format!("idphoto-pin-{}", std::process::id()));
    std::fs::write(&pin, PIN).unwrap();
    let settings = TokenSettings {
        module: module.into(),
        token: "vectors".to_owned(),
        label: "ours".to_owned(),
        id: None,
        pin_file: pin.clone(),
        sessions: 2,
        timeout: Duration::from_secs(10),
    };
    let read = |path: &std::path::Path| {
        let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
        to_passphrase(bytes.into()).map_err(|error| error.to_string())
    };
    let key = TokenKey::open(&settings, read).unwrap();
    std::fs::remove_file(&pin).unwrap();
    assert!(!key.is_extractable());
    assert_eq!(format!("{key:?}"), "TokenKey([in a token])");
    vectors::are_signed_by(&SigningKey::Token(key));
    let none = TokenSettings {
        label: "another".to_owned(),
        ..settings
    };
    let missing = TokenKey::open(&none, read).map(drop);
    assert!(matches!(
        missing,
        Err(TokenError::PinUnreadable(_) | TokenError::NoKey)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_signed_by_a_token_and_upi_takes_them() {
    let Some(site) = Site::start(false, &[]) else {
        return;
    };
    let calls = (0..32).map(|_| site.verify());
    for called in futures_util::future::join_all(calls).await {
        called.unwrap();
    }
    let mut gateway = site.gateway;
    gateway.signal("TERM");
    assert_eq!(gateway.end().code(), Some(0), "{}", gateway.printed());
    assert!(!gateway.printed().contains(PIN));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_does_not_end_while_the_module_closes_its_sessions() {
    let Some(site) = Site::start(true, &[]) else {
        return;
    };
    let calls = (0..32).map(|_| site.verify());
    for called in futures_util::future::join_all(calls).await {
        called.unwrap();
    }
    site.token.trouble("slow", true);
    let mut gateway = site.gateway;
    gateway.signal("TERM");
    let end = gateway.end();
    assert_eq!(end.code(), Some(0), "{end}: {}", gateway.printed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_does_not_end_the_process_under_a_signature() {
    let Some(mut site) = Site::start(true, &["upi.signing.pkcs11.sessions=1"]) else {
        return;
    };
    site.verify().await.unwrap();
    site.token.trouble("slow", true);
    let mut caller = site.caller.clone();
    // It may have its answer in time, or not.
    let call = tokio::spawn(async move { caller.verify_id_photo(request("test")).await });
    let signing = site.token.path("signing");
    until("a signature is made", async || signing.exists()).await;
    site.gateway.signal("TERM");
    site.gateway.prints("shutting down").await;
    site.gateway.signal("TERM");
    let end = site.gateway.end();
    let printed = site.gateway.printed();
    assert_eq!(end.code(), Some(128 + 15), "{end}: {printed}");
    call.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_removed_costs_no_order_and_is_found_again_by_itself() {
    let Some(site) = Site::start(false, &[]) else {
        return;
    };
    site.verify().await.unwrap();
    site.token.remove();
    site.refused().await;
    site.refused().await;
    site.gateway.prints("the token does not sign").await;
    let printed = site.gateway.printed();
    assert!(printed.contains("CKR_GENERAL_ERROR"), "{printed}");
    site.token.put_back();
    site.recovers().await;
    site.gateway.prints("the token signs again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_that_takes_over_may_be_in_a_token_too() {
    let next = [
        "upi.signing.next.not_before=2020-01-01T00:00:00Z",
        "upi.signing.next.kid=other",
    ];
    let Some(site) = Site::start(false, &next) else {
        return;
    };
    // UPI does not know this kid yet, so it shows who signs.
    let mut caller = site.caller.clone();
    let refused = caller.verify_id_photo(request("test")).await.unwrap_err();
    let refused_by_upi = expected(Code::Internal, "UPI_REFUSED", "REFUSED", "SAME_ORDER");
    assert_eq!(row(&refused), refused_by_upi);
    let metrics = reqwest::get(format!("{}/metrics", site.admin))
        .await
        .unwrap();
    let metrics = metrics.text().await.unwrap();
    for line in [
        "idphoto_token_sessions{key=\"ours\",state=\"hung\",token=\"idphoto\"} 0",
        "idphoto_token_sessions{key=\"next\",state=\"open\",token=\"idphoto\"}",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_when_sessions_are_lost() {
    let Some(site) = Site::start(true, &[]) else {
        return;
    };
    for _ in 0..3 {
        site.token.trouble("lose", true);
        for _ in 0..8 {
            site.verify().await.unwrap();
        }
    }
    assert!(site.token.logins() > 3, "{}", site.token.logins());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_is_tried_once_and_a_right_one_at_once() {
    let Some(site) = Site::start(true, &["upi.signing.pkcs11.sessions=1"]) else {
        return;
    };
    site.verify().await.unwrap();
    assert_eq!(site.token.logins(), 1);
    site.token.write_pin(WRONG_PIN);
    site.token.trouble("lose", true);
    site.refused().await;
    site.gateway.prints("CKR_PIN_INCORRECT").await;
    // Long enough for several attempts that nobody asked for.
    for _ in 0..8 {
        site.refused().await;
    }
    assert_eq!(site.token.logins(), 2);
    site.token.write_pin(PIN);
    site.recovers().await;
    assert_eq!(site.token.logins(), 3);
    let printed = site.gateway.printed();
    assert!(
        !printed.contains(WRONG_PIN) && !printed.contains(PIN),
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_tries_a_pin_again_and_keeps_what_is_in_force() {
    let Some(site) = Site::start(true, &["upi.signing.pkcs11.sessions=1"]) else {
        return;
    };
    site.token.write_pin(WRONG_PIN);
    site.token.trouble("lose", true);
    site.refused().await;
    assert_eq!(site.token.logins(), 2);
    let asked = reqwest::Client::new().post(format!("{}/reload", site.admin));
    let asked = asked.header("content-type", "application/json").send();
    let answer = asked.await.unwrap();
    assert_eq!(answer.status().as_u16(), 422);
    let told = answer.text().await.unwrap();
    assert!(told.contains("upi.signing.pkcs11.pin_file"), "{told}");
    assert_eq!(site.token.logins(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_try_before_a_lock_is_left_to_people() {
    let Some(site) = Site::start(true, &[]) else {
        return;
    };
    let logins = site.token.logins();
    site.token.trouble("final", true);
    site.token.trouble("lose", true);
    site.refused().await;
    site.gateway
        .prints("one more wrong PIN would lock the token")
        .await;
    assert_eq!(site.token.logins(), logins);
    site.token.trouble("final", false);
    site.recovers().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_hangs_is_given_up_in_time_and_nothing_else_waits_for_it() {
    let Some(site) = Site::start(
        true,
        &[
            "upi.signing.pkcs11.sessions=2",
            "upi.signing.pkcs11.timeout=300ms",
        ],
    ) else {
        return;
    };
    site.verify().await.unwrap();
    site.token.trouble("hang", true);
    tokio::join!(site.refused(), site.refused());
    site.gateway.prints("the token did not sign in time").await;
    let hangs = async || {
        site.refused().await;
        site.gateway
            .printed()
            .contains("the token hangs: no call to it returns")
    };
    until("calls are refused at once", hangs).await;
    let ready = reqwest::get(format!("{}/ready", site.admin)).await.unwrap();
    assert_eq!(ready.status().as_u16(), 200);
    site.token.trouble("hang", false);
    site.recovers().await;
}
