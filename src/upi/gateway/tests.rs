//! UPI behind the port: what each reply means for an order, with real keys and sockets.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::LazyLock;
use std::time::Duration;

use futures_util::FutureExt as _;
use http::HeaderMap;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::domain::{Category, Confidence, FreeText, Member, Outcome, ResponseCode, sample};
use crate::observe::Nobody;
use crate::upi::envelope::OpenError;
use crate::upi::jwe::Opener;
use crate::upi::jws::{Claims, Expected, JwsError, Signer, Verifier};
use crate::upi::key::{Kid, PrivateKey};
use crate::upi::message::response::MalformedAnswer;
use crate::upi::transport::Route;
use crate::upi::{AppId, BaseUrl, RequestPath};

mod seal;
mod send;
mod settings;
mod spans;

const APP_ID: &str = "00520446";
const PATH: &str = "/example/v1/idcardphotoverification";
/// What comes with a 401, unsigned.
const REFUSAL: &str =
    r#"{"MsgResponse":{"responseCode":"E0","responseMsg":"Unauthorized access"}}"#;
const NOW: i64 = 1_790_000_000;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(NOW).unwrap()
    }
}

/// Both sides' keys, made once: three RSA keys take a while.
struct Pair {
    ours: PrivateKey,
    upi_signing: PrivateKey,
    upi_encryption: PrivateKey,
}

static KEYS: LazyLock<Pair> = LazyLock::new(|| Pair {
    ours: PrivateKey::generate().unwrap(),
    upi_signing: PrivateKey::generate().unwrap(),
    upi_encryption: PrivateKey::generate().unwrap(),
});

fn kid(text: &str) -> Kid {
    Kid::parse(text).unwrap()
}

fn copy(key: &PrivateKey) -> PrivateKey {
    PrivateKey::load(key.to_pkcs8_pem().unwrap().expose().as_bytes(), None).unwrap()
}

fn keys() -> Keys {
    Keys {
        signing: (kid("ours"), copy(&KEYS.ours).into()),
        next_signing: None,
        encryption: (kid("theirs"), KEYS.upi_encryption.public().unwrap()),
        verification: vec![(kid("upi"), KEYS.upi_signing.public().unwrap())],
    }
}

fn settings(base_url: &str) -> Settings {
    Settings {
        route: Route::direct(BaseUrl::parse(base_url).unwrap()),
        request_path: RequestPath::parse(PATH).unwrap(),
        app_id: AppId::parse(APP_ID).unwrap(),
        photo_placement: PhotoPlacement::Beside,
        escape_solidus: false,
        clock_window: Duration::from_secs(300),
        response_codes: BTreeMap::new(),
        member: Member::parse(APP_ID, "Example Bank", FreeText::Ascii).unwrap(),
    }
}

fn gateway(base_url: &str) -> UpiGateway {
    UpiGateway::new(
        settings(base_url),
        &keys(),
        Arc::new(Stopped),
        Arc::new(Nobody),
    )
    .unwrap()
}

fn sealed(gateway: &UpiGateway) -> Sealed {
    sealed_by(gateway, &sample::verification("7"))
}

/// With a key in memory nobody has to wait.
fn sealed_by(gateway: &UpiGateway, request: &Verification) -> Sealed {
    gateway.seal(request).now_or_never().unwrap().unwrap()
}

/// UPI's signature over a body.
fn signed(body: &[u8], timestamp: i64) -> String {
    let signer = Signer::new(&kid("upi"), &KEYS.upi_signing).unwrap();
    let claims = Claims {
        upi_uuid: "0123456789abcdef0123456789abcdef",
        timestamp,
        app_id: APP_ID,
        request_path: None,
    };
    signer.sign(&claims, body).unwrap()
}

/// Replies once with status, signatures and body; a POST that comes after it finds nobody.
async fn upi(status: &str, signatures: &[&str], body: &[u8]) -> String {
    let headers = signatures.iter().map(|value| ("UPI-JWS", *value));
    replying(status, &headers.collect::<Vec<_>>(), body).await
}

/// The same with any headers.
async fn replying(status: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n");
    let reply = [head.as_bytes(), body].concat();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"}") {
            assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
        }
        stream.write_all(&reply).await.unwrap();
        // Reads on, so that the reply is not lost in a reset.
        while stream
            .read_buf(&mut request)
            .await
            .is_ok_and(|read| read > 0)
        {}
    });
    url
}

async fn send_to(base_url: &str) -> (String, Result<Answer, CallError>) {
    let gateway = gateway(base_url);
    let sealed = sealed(&gateway);
    (sealed.upi_uuid.clone(), gateway.send(sealed).await)
}
