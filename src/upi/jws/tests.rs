use std::sync::LazyLock;

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign;

use super::*;
use crate::upi::key::PrivateKey;

mod claims;
mod form;
mod signature;

const NOW: i64 = 1_790_000_000;
const APP_ID: &str = "00520446";
const PATH: &str = "/example/v1/path";
const UUID: &str = "493cba7273a2897b4e3197f259c0c566";
const BODY: &[u8] = br#"{"confidence":"97"}"#;
const GOOD: &str = r#"{"alg":"RS256","kid":"gw.1","crit":["UPI-UUID","UPI-TIMESTAMP","UPI-APPID"],"UPI-UUID":"493cba7273a2897b4e3197f259c0c566","UPI-TIMESTAMP":"1790000000","UPI-APPID":"00520446"}"#;

static GATEWAY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate().unwrap());
static OTHER_GATEWAY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate().unwrap());

fn verifier() -> Verifier {
    let key = |kid, key: &PrivateKey| (Kid::parse(kid).unwrap(), key.public().unwrap());
    Verifier::new(&[key("gw.1", &GATEWAY), key("gw.2", &OTHER_GATEWAY)]).unwrap()
}

fn expected() -> Expected<'static> {
    Expected {
        app_id: APP_ID,
        request_path: PATH,
        require_request_path: false,
        now: NOW,
        window: Duration::from_secs(300),
    }
}

fn claims(request_path: Option<&str>) -> Claims<'_> {
    Claims {
        upi_uuid: UUID,
        timestamp: NOW,
        app_id: APP_ID,
        request_path,
    }
}

fn signer() -> Signer {
    Signer::new(&Kid::parse("gw.1").unwrap(), &GATEWAY).unwrap()
}

fn good() -> String {
    signer().sign(&claims(None), BODY).unwrap()
}

/// A right signature by the gateway's key over whatever header an attack needs.
fn signed(header: impl AsRef<[u8]>) -> String {
    let header = BASE64URL.encode_to_string(header);
    let key = PKey::private_key_from_der(&GATEWAY.pkcs8_der().unwrap()).unwrap();
    let mut signer = sign::Signer::new(MessageDigest::sha256(), &key).unwrap();
    signer.update(&signing_input(&header, BODY)).unwrap();
    let signature = BASE64URL.encode_to_string(signer.sign_to_vec().unwrap());
    format!("{header}..{signature}")
}

fn verify(jws: &str) -> Result<Verified, JwsError> {
    verifier().verify(jws, BODY, &expected())
}

/// What becomes of the good header with one text in it changed, signed rightly.
fn verify_changed(from: &str, to: &str) -> Result<Verified, JwsError> {
    assert!(GOOD.contains(from), "{from}");
    verify(&signed(GOOD.replace(from, to)))
}
