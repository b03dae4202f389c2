//! Which addresses are accepted, and what is sent to.

use super::*;
use crate::upi::gateway::SetupError;
use crate::upi::transport::client::url;

#[test]
fn a_request_goes_to_base_url_and_request_path() {
    for (base_url, sent) in [
        ("https://api.example.com", "https://api.example.com/example"),
        (
            "https://api.example.com/",
            "https://api.example.com/example",
        ),
        (
            "http://127.0.0.1:8080/proxy/upi",
            "http://127.0.0.1:8080/proxy/upi/example",
        ),
        ("http://[::1]:1/a/", "http://[::1]:1/a/example"),
    ] {
        let settings = Settings {
            request_path: "/example".to_owned(),
            ..settings(base_url)
        };
        assert_eq!(url(&settings).unwrap().as_str(), sent);
    }
}

#[test]
fn what_is_no_http_url_is_refused() {
    for base_url in [
        "",
        "api.example.com",
        "/path",
        "ftp://example.com",
        "unix:/run/x",
        "http://",
    ] {
        let refused = url(&settings(base_url));
        assert!(
            matches!(refused, Err(SetupError::BaseUrl)),
            "{base_url}: {refused:?}"
        );
    }
}

#[test]
fn credentials_a_query_or_a_fragment_in_the_url_are_refused() {
    for base_url in [
        "https://user@example.com",
        "https://:secret@example.com",
        "https://example.com?a=b",
        "https://example.com/#a",
    ] {
        let refused = url(&settings(base_url));
        assert!(
            matches!(refused, Err(SetupError::BaseUrlParts)),
            "{base_url}"
        );
    }
}

#[test]
fn a_path_that_would_be_sent_otherwise_than_signed_is_refused() {
    for request_path in ["/a/../b", "/./a", "/a/.."] {
        let settings = Settings {
            request_path: request_path.to_owned(),
            ..settings("https://example.com")
        };
        assert!(
            matches!(url(&settings), Err(SetupError::RequestPath)),
            "{request_path}"
        );
    }
}
