//! Bearer tokens, through the real binary: the file of their keys, and what is printed of them.

use base64_simd::URL_SAFE_NO_PAD;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use serde_json::json;
use tempfile::TempDir;
use time::OffsetDateTime;
use tonic::{Code, Request};

use crate::admin;
use crate::process::Gateway;
use crate::requests::request;
use crate::wait::until;

/// An issuer's key.
struct Issuer {
    kid: &'static str,
    key: PKey<Private>,
}

impl Issuer {
    fn new(kid: &'static str) -> Self {
        let key = PKey::generate_ed25519().unwrap();
        Self { kid, key }
    }

    fn set(&self) -> String {
        let x = base64(&self.key.raw_public_key().unwrap());
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.kid, "x": x });
        json!({ "keys": [key] }).to_string()
    }

    /// Ends in so many seconds.
    fn token(&self, seconds: i64) -> String {
        let end = OffsetDateTime::now_utc().unix_timestamp() + seconds;
        let header = json!({ "alg": "EdDSA", "kid": self.kid });
        let claims = json!({ "iss": "test", "aud": "idphoto", "sub": "loans", "exp": end });
        let text = [header, claims].map(|part| base64(part.to_string().as_bytes()));
        let text = text.join(".");
        let mut signer = Signer::new_without_digest(&self.key).unwrap();
        let signature = signer.sign_oneshot_to_vec(text.as_bytes()).unwrap();
        format!("{text}.{}", base64(&signature))
    }
}

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

async fn verify(gateway: &Gateway, token: &str) -> Code {
    let mut request = Request::new(request("test"));
    let header = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", header);
    let call = gateway.client().verify_id_photo(request).await;
    call.map_or_else(|status| status.code(), |_| Code::Ok)
}

/// A gateway that knows the keys of a file.
fn start(issuer: &Issuer, settings: &[&str]) -> (Gateway, String, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("jwks.json");
    std::fs::write(&file, issuer.set()).unwrap();
    let file = format!("auth.jwt.jwks_file={}", file.display());
    let settings = [
        settings,
        &[
            r#"callers=[{ name = "loans", identities = ["jwt:loans"] }]"#,
            "auth.jwt.issuer=test",
            "auth.jwt.audience=idphoto",
            &file,
        ],
    ];
    let (gateway, admin) = admin::start(&settings.concat());
    (gateway, admin, dir)
}

async fn metrics(admin: &str) -> String {
    let page = reqwest::get(format!("{admin}/metrics")).await.unwrap();
    page.text().await.unwrap()
}

#[tokio::test]
async fn keys_of_a_file_are_read_again_and_a_bad_file_changes_nothing() {
    let (old, new) = (Issuer::new("old"), Issuer::new("new"));
    let (gateway, admin, dir) = start(&old, &["server.reload_interval=0s"]);
    let write = |set: &str| std::fs::write(dir.path().join("jwks.json"), set).unwrap();
    let good = async |issuer: &Issuer| verify(&gateway, &issuer.token(300)).await == Code::Ok;
    assert!(good(&old).await && !good(&new).await);
    write(&new.set());
    gateway.process.signal("HUP");
    until("the new key counts", async || good(&new).await).await;
    assert!(!good(&old).await);
    write(&new.set()[..20]);
    gateway.process.signal("HUP");
    gateway
        .process
        .prints("the new configuration is refused")
        .await;
    gateway.process.prints("is no JSON Web Key Set").await;
    assert!(good(&new).await);
    let shown = metrics(&admin).await;
    assert!(shown.contains("\nidphoto_jwks_keys 1\n"), "{shown}");
}

#[tokio::test]
async fn no_part_of_a_token_is_printed_or_shown() {
    let issuer = Issuer::new("a");
    let (gateway, admin, _dir) = start(&issuer, &["telemetry.log_level=trace"]);
    let tokens = [
        issuer.token(300),
        issuer.token(-300),
        Issuer::new("a").token(300),
        Issuer::new("unknown").token(300),
        "canary.canary.canary".to_owned(),
    ];
    for (token, code) in tokens.iter().zip([
        Code::Ok,
        Code::Unauthenticated,
        Code::Unauthenticated,
        Code::Unauthenticated,
        Code::Unauthenticated,
    ]) {
        assert_eq!(verify(&gateway, token).await, code);
    }
    let printed = gateway.process.printed() + &metrics(&admin).await;
    assert!(printed.contains("the token's exp is over"), "{printed}");
    for token in &tokens {
        for part in token.split('.') {
            assert!(!printed.contains(part), "{part} in:\n{printed}");
        }
    }
}
