use super::{Remark, Verdict, app_id, base_url, kid, request_path};

/// What a remark says, and how grave it is.
fn told(remark: Option<Remark>) -> (Verdict, &'static str) {
    remark.map_or((Verdict::Ok, ""), |remark| (remark.verdict, remark.text))
}

fn wrong(remark: Option<Remark>, part: &str) {
    let (verdict, text) = told(remark);
    assert_eq!(verdict, Verdict::Wrong, "{part}: {text}");
    assert!(text.contains(part), "{part}: {text}");
}

fn warning(remark: Option<Remark>, part: &str) {
    let (verdict, text) = told(remark);
    assert_eq!(verdict, Verdict::Warning, "{part}: {text}");
    assert!(text.contains(part), "{part}: {text}");
}

#[test]
fn kids_of_the_field_pass() {
    for good in [
        "1555570302",
        "sandbox-participant-1",
        "4A1B",
        "12345678901234567890",
    ] {
        assert_eq!(kid(good), None, "{good}");
    }
}

#[test]
fn a_kid_that_is_none_says_why() {
    wrong(kid(""), "empty");
    wrong(kid("1555 570302"), "space");
    wrong(kid("1555570302\n"), "line break");
    wrong(kid("4a:1b:00"), "colons");
    wrong(kid("k\u{e9}"), "other characters");
    wrong(kid(&"1".repeat(129)), "128");
    warning(kid("4a1b00ffeeddccbb"), "serial number");
    warning(kid("0x12345678"), "serial number");
}

#[test]
fn an_app_id_says_why_it_is_none() {
    assert_eq!(app_id("00520446"), None);
    wrong(app_id(""), "empty");
    wrong(app_id("00 520446"), "space");
    wrong(app_id("a\"b"), "other characters");
}

#[test]
fn a_path_says_why_it_is_none() {
    let host = Some("upi.example");
    assert_eq!(request_path("/uais/id-photo/v1/verify", host), None);
    for with_host in [
        "https://upi.example/uais/v1",
        "//upi.example/uais/v1",
        "/upi.example/uais/v1",
        "UPI.example/uais/v1",
    ] {
        wrong(request_path(with_host, host), "has the host in it");
    }
    wrong(
        request_path("other.example/uais", host),
        "looks like a host",
    );
    wrong(request_path("/uais/v1?x=1", None), "query");
    wrong(request_path("/uais#x", None), "fragment");
    wrong(request_path("/uais /v1", None), "space");
    wrong(request_path("uais/v1", None), "does not begin with /");
    wrong(request_path("/uais/../v1", None), "segment");
    wrong(request_path("/uais/%20", None), "other characters");
    warning(request_path("/uais/v1/", None), "ends with /");
    assert_eq!(request_path("/", None), None);
}

#[test]
fn an_address_says_why_it_is_none() {
    assert_eq!(base_url("https://upi.example", Some("/uais/v1")), None);
    assert_eq!(
        base_url("https://upi.example/proxy/", Some("/uais/v1")),
        None
    );
    assert_eq!(base_url("https://upi.example/proxy", None), None);
    wrong(base_url("upi.example", None), "no scheme");
    wrong(base_url("ftp://upi.example", None), "neither http");
    wrong(base_url("https://upi .example", None), "space");
    wrong(base_url("https://user@upi.example", None), "user name");
    wrong(base_url("https://upi.example?x", None), "query");
    wrong(base_url("https://upi.example#x", None), "fragment");
}

#[test]
fn a_path_that_comes_twice_is_seen() {
    let path = Some("/uais/v1/verify");
    wrong(
        base_url("https://upi.example/uais/v1/verify", path),
        "twice",
    );
    wrong(
        base_url("https://upi.example/proxy/uais/v1/verify/", path),
        "twice",
    );
    warning(base_url("https://upi.example/uais", path), "twice");
    assert_eq!(base_url("https://upi.example/uais2", path), None);
    assert_eq!(base_url("https://upi.example/x", Some("/")), None);
}
