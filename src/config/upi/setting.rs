//! Types of values that only `upi.*` has.

use serde_json::{Value, json};

use super::super::setting::{Choice, Flaws, Setting, text_by};
use super::super::value::quote;
use crate::upi::gateway::PhotoPlacement;
use crate::upi::key::Kid;
use crate::upi::transport::{Connections, Proxy};
use crate::upi::{AppId, BaseUrl, RequestPath};

impl Choice for PhotoPlacement {
    const NAMES: &'static [(&'static str, Self)] =
        &[("beside", Self::Beside), ("encrypted", Self::Encrypted)];
}

impl Choice for Connections {
    const NAMES: &'static [(&'static str, Self)] =
        &[("reuse", Self::Reuse), ("one_per_call", Self::OnePerCall)];
}

/// Texts that their type reads itself.
macro_rules! texts {
    ($($Type:ty: $expected:literal, $schema:tt;)*) => {$(
        impl Setting for $Type {
            const EXPECTED: &'static str = $expected;

            fn read(value: &Value) -> Result<Self, Flaws> {
                text_by(value, Self::parse)
            }

            fn write(&self) -> String {
                quote(self.as_str())
            }

            fn schema() -> Value {
                json!($schema)
            }
        }
    )*};
}

texts! {
    BaseUrl: "an http or https URL without user name, query and fragment",
        { "type": "string", "format": "uri" };
    RequestPath: "a path that begins with / and consists of letters, digits and /_.- without the \
        segments . and ..",
        { "type": "string", "pattern": "^/[A-Za-z0-9/_.-]*$" };
    AppId: "letters, digits and /_.- in quotes",
        { "type": "string", "pattern": "^[A-Za-z0-9/_.-]+$" };
    Kid: "a key id of letters, digits and /_.- in quotes",
        { "type": "string", "pattern": "^[A-Za-z0-9/_.-]{1,128}$" };
    Proxy: "\"none\", \"environment\" or an http or https URL without a path, such as \
        \"http://proxy.example:3128\"",
        { "type": "string" };
}
