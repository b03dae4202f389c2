//! Kinds of values that only `upi.*` has.

use http::Uri;

use super::super::kind::{Choice, Kind, TEXT, expect};
use super::super::value::quote;
use crate::upi::gateway::{Connections, PhotoPlacement, Proxy};
use crate::upi::key::Kid;

impl Choice for PhotoPlacement {
    const NAMES: &'static [(&'static str, Self)] =
        &[("beside", Self::Beside), ("encrypted", Self::Encrypted)];
}

impl Choice for Connections {
    const NAMES: &'static [(&'static str, Self)] =
        &[("reuse", Self::Reuse), ("one_per_call", Self::OnePerCall)];
}

pub const BASE_URL: Kind<String> = Kind {
    expected: || {
        "an http or https URL without user name, query and fragment, such as \
         \"https://upi.example\""
            .to_owned()
    },
    read: |value| expect(value.text().and_then(base_url)),
    ..TEXT
};

pub const REQUEST_PATH: Kind<String> = Kind {
    expected: || {
        "a path that begins with / and consists of letters, digits and /_.- without the \
         segments . and .."
            .to_owned()
    },
    read: |value| {
        let path = value.text().filter(|path| is_request_path(path));
        expect(path.map(ToOwned::to_owned))
    },
    ..TEXT
};

pub const IDENTIFIER: Kind<String> = Kind {
    expected: || "letters, digits and /_.- in quotes".to_owned(),
    read: |value| {
        let text = value.text().filter(|text| is_identifier(text));
        expect(text.map(ToOwned::to_owned))
    },
    ..TEXT
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
    read: |value| expect(value.text().and_then(proxy)),
    write: |proxy| match proxy {
        Proxy::None => quote("none"),
        Proxy::Environment => quote("environment"),
        Proxy::Url(url) => quote(url),
    },
};

/// The alphabet of what goes into the signature's header (UPI's general requirements).
fn is_identifier(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"/_.-".contains(&byte);
    !text.is_empty() && text.bytes().all(known)
}

/// An HTTP client takes dot segments out of a path, and the path sent would not be the path
/// signed.
fn is_request_path(text: &str) -> bool {
    let dots = |segment: &str| segment == "." || segment == "..";
    text.starts_with('/') && is_identifier(text) && !text.split('/').any(dots)
}

/// Without trailing slashes.
fn base_url(text: &str) -> Option<String> {
    let url = web_url(text)?;
    let authority = url.authority()?;
    let extra = authority.as_str().contains('@') || url.query().is_some();
    (!extra).then(|| text.trim_end_matches('/').to_owned())
}

fn proxy(text: &str) -> Option<Proxy> {
    match text {
        "none" => Some(Proxy::None),
        "environment" => Some(Proxy::Environment),
        _ => {
            let url = web_url(text)?;
            let bare = url.path() == "/" && url.query().is_none();
            bare.then(|| Proxy::Url(text.trim_end_matches('/').to_owned()))
        }
    }
}

/// An absolute http or https URL without a fragment, with a host and perhaps a good port.
fn web_url(text: &str) -> Option<Uri> {
    let url: Uri = text.parse().ok()?;
    let authority = url.authority()?;
    let address = authority.as_str();
    let address = address.rsplit_once('@').map_or(address, |(_, rest)| rest);
    let port_is_good = address == authority.host() || url.port_u16().is_some();
    let good = matches!(url.scheme_str(), Some("http" | "https"))
        && !authority.host().is_empty()
        && port_is_good
        // Uri drops a fragment silently.
        && !text.contains('#');
    good.then_some(url)
}

/// The host of a URL that was read before, without brackets.
pub fn host(url: &str) -> Option<String> {
    let url: Uri = url.parse().ok()?;
    let host = url.host()?.trim_start_matches('[').trim_end_matches(']');
    Some(host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{base_url, is_request_path, proxy};
    use crate::upi::gateway::Proxy;

    #[test]
    fn base_urls_are_absolute_and_bare() {
        for good in [
            "https://upi.example",
            "http://127.0.0.1:8080/prefix",
            "https://[::1]:1",
        ] {
            assert_eq!(base_url(good).as_deref(), Some(good));
        }
        assert_eq!(
            base_url("https://a.example/x/").as_deref(),
            Some("https://a.example/x")
        );
        for bad in [
            "",
            "upi.example",
            "/path",
            "ftp://upi.example",
            "https://",
            "https://user@upi.example",
            "https://upi.example?x=1",
            "https://upi.example#x",
            "https://upi.example:",
            "https://upi.example:99999",
            "https://upi example",
        ] {
            assert_eq!(base_url(bad), None, "{bad}");
        }
    }

    #[test]
    fn request_paths_are_sent_as_they_are_signed() {
        assert!(is_request_path("/uais/id-photo/v1/verify"));
        for bad in [
            "",
            "uais",
            "/a/../b",
            "/a/.",
            "/a?b",
            "/a b",
            "/\u{e9}",
            "https://upi.example/a",
        ] {
            assert!(!is_request_path(bad), "{bad}");
        }
    }

    #[test]
    fn a_proxy_is_a_word_or_a_url_without_a_path() {
        assert_eq!(proxy("none"), Some(Proxy::None));
        assert_eq!(proxy("environment"), Some(Proxy::Environment));
        let url = "http://user:word@proxy.example:3128";
        assert_eq!(proxy(url), Some(Proxy::Url(url.to_owned())));
        for bad in ["", "direct", "http://proxy.example/x", "socks5://a.example"] {
            assert_eq!(proxy(bad), None, "{bad}");
        }
        // The mask of credentials relies on this: no @ beyond the host.
        assert_eq!(proxy("http://user:12/34@proxy.example"), None);
    }
}
