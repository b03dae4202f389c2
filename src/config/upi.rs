//! `upi.*`: the way to UPI.

mod codes;
mod keys;
mod object_id;
mod setting;

use std::path::PathBuf;
use std::time::Duration;

use time::OffsetDateTime;

use super::key::{default, optional, required};
use super::reader::section;
use crate::upi::gateway::PhotoPlacement;
use crate::upi::key::Kid;
use crate::upi::transport::{Connections, Proxy};
use crate::upi::{AppId, BaseUrl, RequestPath};

pub use codes::Codes;
pub(super) use keys::drafts;
pub use keys::{KeyDraft, KeyFile, TokenDraft};
pub use object_id::ObjectId;

section! {
    /// `upi.*`. It has no Debug: the proxy's URL may hold a password.
    UpiConfig, "upi", "the way to UPI", "";

    base_url: Option<BaseUrl> = required("https://upi.example").not_in_sandbox(),
        "Where UPI is: what stands before upi.request_path. A proxy's prefix belongs here.";
    request_path: RequestPath = required("/uais/id-photo/v1/verify")
        .in_sandbox("/uais/sandbox/v1/id-photo"),
        "The path of the API as UPI knows it; it is signed as UPI-REQPATH.";
    app_id: AppId = required("00520446").in_sandbox("SANDBOX1"),
        "The app id that UPI gave us, sent and expected as UPI-APPID.";
    timeout: Duration = default("65s").at_least(1000),
        "For a whole call. UPI's own limit is 60s: a little more, so that a late answer, already \
         charged for, is still received.";
    connect_timeout: Duration = default("5s"),
        "For DNS, TCP and TLS together; above zero and below upi.timeout.";
    breaker_failures: usize = default("5").within(0, 1000),
        "After so many failures to connect in a row calls are refused at once (UPI_UNREACHABLE), \
         until UPI takes a connection again and one call gets through. 0 never does.";
    max_rate: Option<u32> = optional("50").within(1, 1_000_000),
        "Orders a second towards UPI from this gateway, in the long run; a tenth of it at once. \
         Callers share it by their priority, and one more is refused at once: as QUOTA_EXCEEDED, or \
         OVERLOADED where there are no callers.";
    pause: bool = default("false"),
        "Sends nothing: verifications that are not in the ledger are refused as UPI_UNREACHABLE. Those \
         that are, GetVerification and health go on. Set it and reload.";
    photo_placement: PhotoPlacement = default("beside"),
        "Whether the photo travels beside the encrypted part or inside it.";
    escape_solidus: bool = default("false"),
        "Writes / as \\/ in the body. To be tried when UPI refuses good signatures.";
    clock_window: Duration = default("300s").at_least(1000),
        "How far the timestamp of an answer may be from our clock.";
    ca_file: Option<PathBuf> = optional("/etc/idphoto/upi/ca.pem").not_in_sandbox(),
        "The only authorities that UPI's certificate may come from, PEM. Without it the system's.";
    client_cert_file: Option<PathBuf> = optional("/etc/idphoto/upi/client.pem").not_in_sandbox(),
        "Our certificate for TLS to UPI, PEM; together with upi.client_key_file.";
    client_key_file: Option<PathBuf> = optional("/etc/idphoto/upi/client.key").not_in_sandbox(),
        "The certificate's private key, PEM, not encrypted.";
    proxy: Proxy = default("none").not_in_sandbox().masked(),
        "The way to UPI: direct whatever the environment says, by the environment's HTTPS_PROXY \
         and its like, or through this proxy. `config print` masks its user name and password.";
    connections: Connections = default("reuse"),
        "Whether a connection to UPI serves further calls, or each call opens its own: slower, \
         and no call can meet a connection that UPI is just closing.";
    propagate_trace: bool = default("false"),
        "Whether UPI gets the W3C trace context of each call (traceparent). It is another \
         company: the trace ends at our door unless it wants this.";
    verification: Option<Vec<KeyFile>> =
        required(r#"[{ kid = "1500000001", key_file = "/etc/idphoto/upi/signing.pem" }]"#)
        .not_in_sandbox(),
        "UPI's certificates or public keys that sign answers, each with UPI's id for it. List the \
         old and the new one while UPI changes keys.";
    response_codes: Codes = default("{}"),
        "What UPI's response codes mean, where that differs from our table or is not in it. Code \
         00 cannot be changed.";
}

section! {
    /// `upi.signing.*`: our key.
    SigningConfig, "upi.signing", "", "Our key, which signs requests.";

    kid: Option<Kid> = required("1555570302").not_in_sandbox(),
        "The id of our certificate at UPI; not its serial number.";
    key_file: Option<PathBuf> = required("/etc/idphoto/upi/our.key")
        .unless("upi.signing.pkcs11.module").not_in_sandbox(),
        "Our private key, unless it is in a token (upi.signing.pkcs11): RSA of at least 2048 bits: PKCS#8 (encrypted, too), PKCS#1 or PKCS#12, \
         as PEM, DER or bare base64.";
    passphrase_file: Option<PathBuf> = optional("/etc/idphoto/upi/our.passphrase").not_in_sandbox(),
        "A file with the passphrase of an encrypted key. A line break at its end does not count.";
    cert_file: Option<PathBuf> = optional("/etc/idphoto/upi/our.crt").not_in_sandbox(),
        "Our certificate that UPI has for the key: PEM, DER or bare base64. It is never sent; it \
         is held against the key, and its expiry is watched. A PKCS#12 key file may hold it itself.";
}

/// The keys of a table that names a key in a token.
macro_rules! token {
    ($(#[$meta:meta])* $Name:ident, $path:literal, $about:literal) => {
        section! {
            $(#[$meta])*
            $Name, $path, "", $about;

            module: Option<PathBuf> = optional("/usr/lib/softhsm/libsofthsm2.so").not_in_sandbox(),
                "The PKCS#11 library of the token's maker, for this machine. It runs within the \
                 gateway.";
            token: Option<String> = optional("idphoto").not_in_sandbox(),
                "The label of the token.";
            label: Option<String> = optional("upi-signing").not_in_sandbox(),
                "The label of the private key (CKA_LABEL).";
            id: Option<ObjectId> = optional("01").not_in_sandbox(),
                "The id of the private key (CKA_ID), where several have the label.";
            pin_file: Option<PathBuf> = optional("/etc/idphoto/upi/token.pin").not_in_sandbox(),
                "A file with the PIN of the token's user. It is read at each login and not kept. A \
                 PIN that the token refuses is not tried again until the file changes, or a reload.";
            sessions: usize = default("4").within(1, 64),
                "How many signatures may be made at once. Each takes a thread and a session.";
            timeout: Duration = default("2s").within(100, 10_000),
                "How long one signature may take. A call that waits longer is refused as \
                 SIGNING_UNAVAILABLE, and nothing is sent.";
        }
    };
}

token! {
    /// `upi.signing.pkcs11.*`: our key in a token.
    SigningTokenConfig, "upi.signing.pkcs11", "Our key in a token (an HSM) instead of a file: it never is in the gateway's memory."
}

section! {
    /// `upi.signing.next.*`: the key that takes the place of ours.
    NextSigningConfig, "upi.signing.next", "", "The key that takes the place of upi.signing at a set second, at all gateways.";

    not_before: Option<OffsetDateTime> = optional("2026-12-01T02:00:00+08:00").not_in_sandbox(),
        "From this second on requests are signed by it, and by upi.signing before.";
    kid: Option<Kid> = optional("1555570303").not_in_sandbox(),
        "The id of its certificate at UPI; another one than upi.signing.kid.";
    key_file: Option<PathBuf> = optional("/etc/idphoto/upi/next.key").not_in_sandbox(),
        "The private key, as for upi.signing.key_file.";
    passphrase_file: Option<PathBuf> = optional("/etc/idphoto/upi/next.passphrase").not_in_sandbox(),
        "A file with its passphrase.";
    cert_file: Option<PathBuf> = optional("/etc/idphoto/upi/next.crt").not_in_sandbox(),
        "Its certificate, as for upi.signing.cert_file.";
}

token! {
    /// `upi.signing.next.pkcs11.*`: the next key in a token.
    NextSigningTokenConfig, "upi.signing.next.pkcs11", "The key that takes the place of upi.signing in a token."
}

section! {
    /// `upi.encryption.*`: UPI's key to encrypt to.
    EncryptionConfig, "upi.encryption", "", "UPI's key that name and ID number are encrypted to.";

    kid: Option<Kid> = required("1500000002").not_in_sandbox(),
        "The id of UPI's encryption certificate.";
    key_file: Option<PathBuf> = required("/etc/idphoto/upi/encryption.pem").not_in_sandbox(),
        "UPI's encryption certificate or public key: PEM, DER or bare base64.";
}
