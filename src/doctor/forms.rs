//! What is the matter with the form of a kid, an app id, a path or an address: why the
//! configuration refuses it, or what looks odd about one that it takes.

use super::finding::Verdict;

#[cfg(test)]
mod tests;

/// A kid this long of hexadecimal digits is a serial number rather than an id of UPI's.
const SERIAL_DIGITS: usize = 16;

/// The longest kid.
const LONGEST_KID: usize = 128;

/// What is the matter, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remark {
    pub verdict: Verdict,
    pub text: &'static str,
    pub advice: &'static str,
}

const fn wrong(text: &'static str, advice: &'static str) -> Option<Remark> {
    Some(Remark {
        verdict: Verdict::Wrong,
        text,
        advice,
    })
}

const fn warning(text: &'static str, advice: &'static str) -> Option<Remark> {
    Some(Remark {
        verdict: Verdict::Warning,
        text,
        advice,
    })
}

/// A key's id at UPI.
pub fn kid(text: &str) -> Option<Remark> {
    const ADVICE: &str = "write UPI's certificate id as UPI shows it, and nothing else";
    if text.is_empty() {
        wrong("is empty", ADVICE)
    } else if text.contains(char::is_whitespace) {
        wrong("has a space or a line break in it", ADVICE)
    } else if text.contains(':') {
        let text = "has colons in it, like a certificate's serial number or fingerprint";
        wrong(text, ADVICE)
    } else if !is_plain(text) {
        wrong(
            "has other characters than letters, digits and / _ . -",
            ADVICE,
        )
    } else if text.len() > LONGEST_KID {
        wrong("is longer than 128 characters", ADVICE)
    } else if is_serial(text) {
        let text = "looks like a certificate's serial number in hexadecimal";
        warning(
            text,
            "UPI's certificate id is not the serial number; compare it with UPI's",
        )
    } else {
        None
    }
}

/// Our app id.
pub fn app_id(text: &str) -> Option<Remark> {
    const ADVICE: &str = "write the app id (UPI-APPID) that UPI gave you, and nothing else";
    if text.is_empty() {
        wrong("is empty", ADVICE)
    } else if text.contains(char::is_whitespace) {
        wrong("has a space or a line break in it", ADVICE)
    } else if !is_plain(text) {
        wrong(
            "has other characters than letters, digits and / _ . -",
            ADVICE,
        )
    } else {
        None
    }
}

/// The path of the API; `host` is that of the address.
pub fn request_path(text: &str, host: Option<&str>) -> Option<Remark> {
    const HOST: &str = "scheme and host belong into upi.base_url, the path alone stands here";
    const ADVICE: &str = "write the path as UPI's documents show it, from the first / on";
    let first = text.trim_start_matches('/').split('/').next();
    let first = first.unwrap_or_default();
    let names_host = host.is_some_and(|host| first.eq_ignore_ascii_case(host));
    if text.contains("://") || text.starts_with("//") || names_host {
        wrong("has the host in it", HOST)
    } else if text.contains('?') {
        wrong(
            "has a query in it",
            "leave out the ? and what follows: UPI signs the path alone",
        )
    } else if text.contains('#') {
        wrong("has a fragment in it", "leave out the # and what follows")
    } else if text.contains(char::is_whitespace) {
        wrong("has a space or a line break in it", ADVICE)
    } else if !text.starts_with('/') && first.contains('.') {
        wrong("begins with what looks like a host", HOST)
    } else if !text.starts_with('/') {
        wrong("does not begin with /", ADVICE)
    } else if text.split('/').any(|segment| matches!(segment, "." | "..")) {
        wrong("has a segment . or .. in it", ADVICE)
    } else if !is_plain(text) {
        wrong(
            "has other characters than letters, digits and / _ . -",
            ADVICE,
        )
    } else if text.len() > 1 && text.ends_with('/') {
        warning(
            "ends with /",
            "UPI compares the path to the letter; does its own end so?",
        )
    } else {
        None
    }
}

/// UPI's address, beside the path that is appended to it.
pub fn base_url(text: &str, request_path: Option<&str>) -> Option<Remark> {
    const ADVICE: &str = "write scheme and host, such as https://upi.example, and no more";
    let Some((scheme, rest)) = text.split_once("://") else {
        return wrong("has no scheme", "begin it with https://");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !matches!(scheme, "http" | "https") {
        wrong("is neither http nor https", "begin it with https://")
    } else if text.contains(char::is_whitespace) {
        wrong("has a space or a line break in it", ADVICE)
    } else if authority.contains('@') {
        wrong("has a user name in it", ADVICE)
    } else if text.contains('?') {
        wrong("has a query in it", ADVICE)
    } else if text.contains('#') {
        wrong("has a fragment in it", ADVICE)
    } else {
        let prefix = rest.get(authority.len()..).unwrap_or_default();
        repetition(prefix.trim_end_matches('/'), request_path?)
    }
}

/// Whether the path comes twice when it is appended to what stands in the address.
fn repetition(prefix: &str, request_path: &str) -> Option<Remark> {
    const ADVICE: &str = "leave the path to upi.request_path, which is appended to it";
    let request_path = request_path.trim_end_matches('/');
    let first = request_path.trim_start_matches('/').split('/').next();
    let first = first.filter(|first| !first.is_empty())?;
    if prefix.is_empty() {
        None
    } else if prefix.ends_with(request_path) {
        wrong(
            "holds upi.request_path already, so that the path comes twice",
            ADVICE,
        )
    } else if prefix.split('/').any(|segment| segment == first) {
        warning(
            "holds the beginning of upi.request_path, so that it comes twice",
            ADVICE,
        )
    } else {
        None
    }
}

/// The alphabet of what stands in a signature's header.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_.-".contains(&byte);
    text.bytes().all(plain)
}

fn is_serial(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let letters = digits.bytes().any(|byte| byte.is_ascii_alphabetic());
    hexadecimal && (digits.len() < text.len() || letters && digits.len() >= SERIAL_DIGITS)
}
