use super::*;

fn base(text: &str) -> BaseUrl {
    BaseUrl::parse(text).unwrap()
}

fn path(text: &str) -> RequestPath {
    RequestPath::parse(text).unwrap()
}

#[test]
fn base_urls_are_absolute_and_bare() {
    for good in [
        "https://upi.example",
        "http://127.0.0.1:8080/prefix",
        "https://[::1]:1",
        "https://upi.example/@/x",
    ] {
        assert_eq!(base(good).as_str(), good);
    }
    assert_eq!(base("https://a.example/x/").as_str(), "https://a.example/x");
}

#[test]
fn an_address_says_why_it_is_none() {
    for (bad, part) in [
        ("", "no scheme"),
        ("upi.example", "no scheme"),
        ("/path", "no scheme"),
        ("ftp://upi.example", "neither http"),
        ("unix:/run/x", "no scheme"),
        ("https://", "not a URL"),
        ("https://upi .example", "space"),
        ("https://user@upi.example", "user name"),
        ("https://:secret@upi.example", "user name"),
        ("https://@upi.example/x", "user name"),
        ("https://upi.example?x=1", "query"),
        ("https://upi.example/#x", "fragment"),
        ("https://upi.example#x", "fragment"),
        ("https://upi.example:", "not a URL"),
        ("https://upi.example:99999", "not a URL"),
        ("https://upi\u{e4}.example", "not a URL"),
    ] {
        let flaw = BaseUrl::parse(bad).unwrap_err();
        assert!(flaw.text.contains(part), "{bad}: {flaw}");
    }
}

#[test]
fn a_proxy_is_a_word_or_a_url_without_a_path() {
    assert_eq!(Proxy::parse("none"), Ok(Proxy::None));
    assert_eq!(Proxy::parse("environment"), Ok(Proxy::Environment));
    let url = "http://user:word@proxy.example:3128";
    assert_eq!(Proxy::parse(url), Ok(Proxy::Url(url.to_owned())));
    for bad in ["", "direct", "http://proxy.example/x", "socks5://a.example"] {
        assert!(Proxy::parse(bad).is_err(), "{bad}");
    }
    // The mask of credentials relies on this: no @ beyond the host.
    assert!(Proxy::parse("http://user:12/34@proxy.example").is_err());
}

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
        assert_eq!(base(base_url).to(&path("/example")).as_str(), sent);
    }
}

#[test]
fn a_path_or_host_that_comes_twice_is_seen() {
    let api = path("/uais/v1/verify");
    for twice in [
        "https://upi.example/uais/v1/verify",
        "https://upi.example/proxy/uais/v1/verify/",
    ] {
        let flaw = base(twice).admits(&api).unwrap_err();
        assert!(flaw.text.contains("twice"), "{flaw}");
    }
    let host = base("https://upi.example").admits(&path("/UPI.example/uais"));
    assert!(host.unwrap_err().text.contains("host"));
    for fine in [
        "https://upi.example",
        "https://upi.example/proxy/",
        "https://upi.example/uais2",
    ] {
        assert_eq!(base(fine).admits(&api), Ok(()), "{fine}");
        assert_eq!(base(fine).oddity(&api), None, "{fine}");
    }
    let odd = base("https://upi.example/uais").oddity(&api);
    assert!(odd.unwrap().text.contains("twice"));
    assert_eq!(base("https://upi.example/x").admits(&path("/")), Ok(()));
    assert_eq!(base("https://upi.example/x").oddity(&path("/")), None);
}

#[test]
fn connecting_has_less_time_than_the_call() {
    let seconds = Duration::from_secs;
    for (connect, whole) in [(0, 1), (1, 1), (2, 1), (0, 0)] {
        assert!(Timeouts::new(seconds(whole), seconds(connect)).is_err());
    }
    let timeouts = Timeouts::new(seconds(10), seconds(9)).unwrap();
    assert_eq!(
        (timeouts.whole(), timeouts.connect()),
        (seconds(10), seconds(9))
    );
}
