//! `auth.*`: whose word about a caller's identity counts, beside the caller's own certificate.

use super::key::optional;
use super::reader::section;
use crate::callers::Network;

section! {
    /// `auth.*`
    AuthConfig, "auth", "who tells who calls", "";

    trusted_proxies: Option<Vec<Network>> = optional(r#"["127.0.0.0/8", "::1/128"]"#),
        "Networks of proxies, such as the sidecar of a mesh, whose x-forwarded-client-cert says \
         who calls: its last element. It needs callers. From any other peer the header is ignored, \
         and counted; a peer in these networks is nobody by its own certificate.";
}
