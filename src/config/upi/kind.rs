//! Kinds of values that only `upi.*` has.

use super::super::kind::{Choice, Kind, TEXT, expect};
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

pub const BASE_URL: Kind<BaseUrl> = Kind {
    shape: TEXT.shape,
    expected: || {
        "an http or https URL without user name, query and fragment, such as \
         \"https://upi.example\""
            .to_owned()
    },
    read: |value| expect(value.text().and_then(|text| BaseUrl::parse(text).ok())),
    write: |url| quote(url.as_str()),
};

pub const REQUEST_PATH: Kind<RequestPath> = Kind {
    shape: TEXT.shape,
    expected: || {
        "a path that begins with / and consists of letters, digits and /_.- without the \
         segments . and .."
            .to_owned()
    },
    read: |value| expect(value.text().and_then(|text| RequestPath::parse(text).ok())),
    write: |path| quote(path.as_str()),
};

pub const IDENTIFIER: Kind<AppId> = Kind {
    shape: TEXT.shape,
    expected: || "letters, digits and /_.- in quotes".to_owned(),
    read: |value| expect(value.text().and_then(|text| AppId::parse(text).ok())),
    write: |id| quote(id.as_str()),
};

pub const KID: Kind<Kid> = Kind {
    shape: TEXT.shape,
    expected: || "a key id of letters, digits and /_.- in quotes".to_owned(),
    read: |value| expect(value.text().and_then(|text| Kid::parse(text).ok())),
    write: |kid| quote(kid.as_str()),
};

pub const PROXY: Kind<Proxy> = Kind {
    shape: TEXT.shape,
    expected: || {
        "\"none\", \"environment\" or an http or https URL without a path, such as \
         \"http://proxy.example:3128\""
            .to_owned()
    },
    read: |value| expect(value.text().and_then(|text| Proxy::parse(text).ok())),
    write: |proxy| match proxy {
        Proxy::None => quote("none"),
        Proxy::Environment => quote("environment"),
        Proxy::Url(url) => quote(url),
    },
};
