//! `auth.*`: whose word about a caller's identity counts, beside the caller's own certificate.

use std::path::PathBuf;
use std::time::Duration;

use super::key::{default, optional};
use super::reader::section;
use crate::bearer::JwksUrl;
use crate::callers::Network;

section! {
    /// `auth.*`
    AuthConfig, "auth", "who tells who calls", "";

    trusted_proxies: Option<Vec<Network>> = optional(r#"["127.0.0.0/8", "::1/128"]"#),
        "Networks of proxies, such as the sidecar of a mesh, whose x-forwarded-client-cert says \
         who calls: its last element. It needs callers. \"unix\" stands for whoever connects by a \
         Unix socket. From any other peer the header is ignored, and counted; a peer in these networks is nobody by its own certificate.";
}

section! {
    /// `auth.jwt.*`
    JwtConfig, "auth.jwt", "", "A call with a bearer token is of whom the token is about, when a key of the issuer's signed it.";

    issuer: Option<String> = optional("https://login.bank.example/"),
        "Who makes the tokens: their iss, to the letter. A call with an authorization header needs \
         a good token then; without this table the header means nothing. It needs callers, with \
         identities such as \"jwt:loans\".";
    audience: Option<String> = optional("idphoto"),
        "What the tokens are for: their aud is this text, or a list with it.";
    jwks_file: Option<PathBuf> = optional("/etc/idphoto/jwks.json"),
        "The issuer's keys, a JSON Web Key Set; read again when it changes. Beside auth.jwt.jwks_url its \
         keys count until that was read for the first time.";
    jwks_url: Option<JwksUrl> = optional("https://login.bank.example/.well-known/jwks.json"),
        "Where the issuer shows its keys: https, or http on this machine. It is reached \
         directly, without a proxy; redirects are not followed.";
    ca_file: Option<PathBuf> = optional("/etc/idphoto/login-ca.pem"),
        "The only authorities that the certificate behind auth.jwt.jwks_url may come from, PEM. \
         Without it the system's.";
    refresh_interval: Duration = default("300s").within(10_000, 86_400_000),
        "How often auth.jwt.jwks_url is read: a key that is taken away counts for so long. A token \
         of an unknown key has it read at once, but never twice in ten seconds. When it cannot be \
         read, the last keys stay, and it is tried again after 30s at the latest.";
}
