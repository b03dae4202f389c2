//! What a proxy says of its client: whatever stands before the proxy's own element, and in the
//! subject of the client's certificate, the identity is that of its URI.

#![no_main]

use idphoto::callers::Roster;
use idphoto::domain::Identity;
use idphoto::verify::port::Admission as _;
// For its allocator.
use idphoto_fuzz as _;
use libfuzzer_sys::fuzz_target;

const OWN: &str = "spiffe://bank.example/ns/loans/sa/api";

/// As RFC 4514 writes a name, section 2.4.
fn escaped(subject: &str) -> String {
    subject.replace('\\', r"\\").replace('"', "\\\"")
}

fn is_identity(text: &str) -> bool {
    text.starts_with("spiffe://") || text.starts_with("dns:")
}

fuzz_target!(|data: &str| {
    let (before, subject) = data.split_once('\n').unwrap_or((data, ""));
    let roster = Roster::open();
    assert!(roster.forwarded(before).texts().all(is_identity));
    let own = format!("Subject=\"{}\";URI={OWN}", escaped(subject));
    let expected = Identity::new(vec![OWN.to_owned()]);
    assert_eq!(roster.forwarded(&own), expected);
    assert_eq!(roster.forwarded(&format!("{before},{own}")), expected);
});
