//! Keys that have to agree with each other.

use super::reader::Reader;
use super::tree::Config;
use crate::domain::{FreeText, Rules, Violation};
use crate::rpc::ClientCerts;

const TLS: [&str; 3] = [
    "server.tls.cert_file",
    "server.tls.key_file",
    "server.tls.client_ca_file",
];
const PROXIES: &str = "auth.trusted_proxies";
const JWT: [&str; 5] = [
    "auth.jwt.issuer",
    "auth.jwt.audience",
    "auth.jwt.jwks_file",
    "auth.jwt.jwks_url",
    "auth.jwt.ca_file",
];
const IDENTITY: [&str; 2] = ["upi.client_cert_file", "upi.client_key_file"];
const NEXT: [&str; 9] = [
    "upi.signing.next.not_before",
    "upi.signing.next.kid",
    "upi.signing.next.key_file",
    "upi.signing.next.passphrase_file",
    "upi.signing.next.cert_file",
    "upi.signing.next.pkcs11.module",
    "upi.signing.next.pkcs11.token",
    "upi.signing.next.pkcs11.label",
    "upi.signing.next.pkcs11.pin_file",
];
const TOKENS: [(&str, [&str; 4], [&str; 2]); 2] = [
    (
        "upi.signing.pkcs11",
        [
            "upi.signing.pkcs11.module",
            "upi.signing.pkcs11.token",
            "upi.signing.pkcs11.label",
            "upi.signing.pkcs11.pin_file",
        ],
        ["upi.signing.key_file", "upi.signing.passphrase_file"],
    ),
    (
        "upi.signing.next.pkcs11",
        [
            "upi.signing.next.pkcs11.module",
            "upi.signing.next.pkcs11.token",
            "upi.signing.next.pkcs11.label",
            "upi.signing.next.pkcs11.pin_file",
        ],
        [
            "upi.signing.next.key_file",
            "upi.signing.next.passphrase_file",
        ],
    ),
];
const TIMEOUTS: [&str; 2] = ["upi.connect_timeout", "upi.timeout"];
const ADDRESS: [&str; 2] = ["upi.base_url", "upi.request_path"];
const DRAIN: [&str; 2] = ["server.drain_delay", "server.drain_timeout"];
const SIDES: [&str; 2] = ["validation.photo_min_side", "validation.photo_max_side"];
const MEMBER: [&str; 2] = ["member.iin", "member.name"];
const MERCHANT: [&str; 3] = ["merchant.id", "merchant.name", "merchant.category_code"];

/// Notes what does not. A key that is bad itself is not held against others.
pub fn check(config: &Config, reader: &mut Reader) {
    let [cert, key, client_ca] = TLS;
    reader.demand(cert, &[key, client_ca]);
    reader.demand(key, &[cert, client_ca]);
    let [our_cert, our_key] = IDENTITY;
    reader.demand(our_cert, &[our_key]);
    reader.demand(our_key, &[our_cert]);
    for missing in NEXT.iter().take(2) {
        reader.demand(missing, &NEXT);
    }
    if !reader.has(NEXT[5]) {
        reader.demand(NEXT[2], &NEXT);
    }
    tokens(reader);
    let (now, next) = (&config.signing.kid, &config.next_signing.kid);
    if next.is_some() && now == next {
        reader.reject(NEXT[1], "must not be that of upi.signing", "");
    }
    // Without any way to prove who they are, callers would all be turned away.
    let on_socket = config.server.listen.tcp().is_none();
    if !reader.has(PROXIES) && !reader.has(JWT[0]) && !on_socket {
        reader.demand(client_ca, &["callers"]);
    }
    if on_socket && reader.has(cert) {
        let text = "must not be there: no TLS is spoken on a Unix socket (server.listen)";
        reader.reject(cert, text, "");
    }
    reader.demand("callers", &[PROXIES]);
    bearer_tokens(config, reader);
    if config.tls.client_certs == ClientCerts::Optional && !reader.has("callers") {
        let text = "needs callers: without them everybody may call, whatever they show";
        reader.reject("server.tls.client_certs", text, "");
    }
    let server = &config.server;
    if reader.are_sound(&DRAIN) && server.drain_delay >= server.drain_timeout {
        reader.reject(DRAIN[0], format!("must be shorter than {}", DRAIN[1]), "");
    }
    let sides = &config.validation;
    if reader.are_sound(&SIDES) && sides.photo_min_side > sides.photo_max_side {
        reader.reject(SIDES[0], format!("must not be above {}", SIDES[1]), "");
    }
    if reader.are_sound(&TIMEOUTS)
        && let Err(flaw) = config.timeouts()
    {
        reader.reject(TIMEOUTS[0], flaw.text, flaw.advice);
    }
    address(config, reader);
    parties(config, reader);
}

/// A key is in a file or in a token, and a token's needs all four.
fn tokens(reader: &mut Reader) {
    for (table, keys, file) in TOKENS {
        for missing in keys {
            reader.demand(missing, &keys);
        }
        let given = keys.iter().any(|key| reader.has(key));
        if let Some(key) = file.iter().find(|key| given && reader.has(key)) {
            let text = format!("contradicts {table}: the key is in a file or in a token");
            reader.reject(key, text, "leave one of them out");
        }
    }
}

/// Issuer, audience, and a place of keys.
fn bearer_tokens(config: &Config, reader: &mut Reader) {
    let [issuer, audience, file, url, ca] = JWT;
    reader.demand("callers", &JWT);
    reader.demand(issuer, &JWT);
    reader.demand(audience, &JWT);
    let texts = [
        (issuer, &config.jwt.issuer),
        (audience, &config.jwt.audience),
    ];
    for (key, _) in texts
        .into_iter()
        .filter(|(_, text)| text.as_deref() == Some(""))
    {
        reader.reject(key, "must not be empty", "");
    }
    if !reader.has(file) {
        reader.demand(url, &JWT);
    }
    reader.demand(url, &[ca]);
}

fn address(config: &Config, reader: &mut Reader) {
    let path = &config.upi.request_path;
    if reader.are_sound(&ADDRESS)
        && let Some(Err(flaw)) = config.upi.base_url.as_ref().map(|url| url.admits(path))
    {
        reader.reject(ADDRESS[0], flaw.text, flaw.advice);
    }
}

/// Names are held to an alphabet that is known only.
fn parties(config: &Config, reader: &mut Reader) {
    let rules = Rules {
        free_text: match reader.are_sound(&["validation.free_text"]) {
            true => config.validation.free_text,
            false => FreeText::Unicode,
        },
        ..config.rules()
    };
    for (place, text) in config.callers(&rules).err().into_iter().flatten() {
        reader.reject(&place, text, "");
    }
    let member = config.member(&rules).err();
    let merchant = config.merchant(&rules).err();
    for (keys, violations) in [(&MEMBER[..], member), (&MERCHANT[..], merchant)] {
        if !reader.are_sound(keys) {
            continue;
        }
        // The domain's fields are called as the keys are.
        for Violation { field, description } in violations.into_iter().flatten() {
            reader.reject(field, description, "");
        }
    }
}
