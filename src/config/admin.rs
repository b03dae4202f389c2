//! `admin.*`: the port for those who run the gateway.

use std::net::SocketAddr;

use serde_json::Value;

use super::key::default;
use super::reader::section;
use super::setting::{Flaws, Setting, expect};
use super::value::quote;

const NONE: &str = "none";

/// A port that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen(pub Option<SocketAddr>);

impl Setting for Listen {
    const EXPECTED: &'static str =
        "\"none\" or an IP address and a port such as \"127.0.0.1:9464\"";

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_str().and_then(|text| match text {
            NONE => Some(Self(None)),
            _ => text.parse().ok().map(|address| Self(Some(address))),
        }))
    }

    fn write(&self) -> String {
        quote(
            &self
                .0
                .map_or_else(|| NONE.to_owned(), |address| address.to_string()),
        )
    }
}

section! {
    /// `admin.*`
    AdminConfig, "admin", "the admin port", "";

    listen: Listen = default("127.0.0.1:9464"),
        "Where metrics, liveness, readiness, version, configuration (masked) and the log level \
         are served, by plaintext HTTP. Port 0 takes a free one, \"none\" opens none. Beyond \
         loopback whoever reaches the port can read the configuration and change the log level.";
}
