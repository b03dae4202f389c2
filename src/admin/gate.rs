//! Keeps web pages away. A browser on this machine reaches loopback, and a page can give its
//! own name an address of loopback (DNS rebinding): the Host header still tells that name.

use std::net::IpAddr;

use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, Uri};

/// Whether the request is for an address of this machine by number, or for `localhost`.
pub(super) fn is_meant_for_us(uri: &Uri, headers: &HeaderMap) -> bool {
    // An absolute target, as for a proxy, counts instead of the header; both must be good.
    let target = uri.authority().is_none_or(|target| is_local(target.host()));
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let host = host.to_str().ok().and_then(|host| host.parse().ok());
    target && host.is_some_and(|host: Authority| is_local(host.host()))
}

fn is_local(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Uri};

    use super::is_meant_for_us;

    fn passes(target: &'static str, hosts: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append("host", HeaderValue::from_str(host).unwrap());
        }
        is_meant_for_us(&Uri::from_static(target), &headers)
    }

    #[test]
    fn addresses_and_localhost_pass() {
        for host in [
            "127.0.0.1:9464",
            "[::1]:9464",
            "10.0.0.1",
            "LocalHost:1",
            "localhost",
        ] {
            assert!(passes("/config", &[host]), "{host}");
        }
        assert!(passes("http://127.0.0.1:1/config", &["127.0.0.1:1"]));
    }

    #[test]
    fn names_do_not_pass() {
        for host in [
            "evil.example",
            "localhost.evil.example:9464",
            "",
            "127.0.0.1.evil.example",
            "a b",
        ] {
            assert!(!passes("/config", &[host]), "{host}");
        }
        assert!(!passes("/config", &[]));
        assert!(!passes("/config", &["127.0.0.1", "evil.example"]));
        assert!(!passes("http://evil.example/config", &["127.0.0.1"]));
    }
}
