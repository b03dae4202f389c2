//! The identities of a caller, as rules write them.

use crate::domain::{subject, user};

/// RFC 1035: of a host name.
const LONGEST_HOST: usize = 253;
/// The SPIFFE standard: of an id, in bytes.
const LONGEST_ID: usize = 2048;
/// The same: of a trust domain.
const LONGEST_DOMAIN: usize = 255;

const SPIFFE: &str = "spiffe://";
const DNS: &str = "dns:";
const JWT: &str = "jwt:";
const UID: &str = "uid:";
const BELOW: &str = "/*";

/// An identity, or every SPIFFE id below a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// This one.
    Exactly(String),
    /// Every id that begins with this, which ends with a slash: whole segments of a path, so that
    /// `spiffe://bank.example/loans/*` is neither `…/loans` nor `…/loans-test/a`.
    Below(String),
}

/// How somebody proves to have an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// By a certificate, or by what a proxy says of one.
    Certificate,
    /// By a token.
    Token,
    /// By a Unix socket.
    Socket,
}

impl Pattern {
    /// `spiffe://bank.example/ns/loans/sa/api`, `spiffe://bank.example/ns/loans/*`,
    /// `dns:loans.bank.example`, `jwt:loans` or `uid:1000`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(host) = text.strip_prefix(DNS) {
            return dns(host).map(Self::Exactly);
        }
        if let Some(of) = text.strip_prefix(JWT) {
            return subject(of).map(Self::Exactly);
        }
        if let Some(id) = text.strip_prefix(UID) {
            // Written as the number is, and in no other way.
            let text = user(id.parse().ok()?)?;
            return (text.strip_prefix(UID) == Some(id)).then_some(Self::Exactly(text));
        }
        match text.strip_suffix(BELOW) {
            Some(above) => is_spiffe(above, 0).then(|| Self::Below(format!("{above}/"))),
            None => spiffe(text).map(Self::Exactly),
        }
    }

    /// How somebody proves to have it.
    #[must_use]
    pub fn proof(&self) -> Proof {
        match self {
            Self::Exactly(text) if text.starts_with(JWT) => Proof::Token,
            Self::Exactly(text) if text.starts_with(UID) => Proof::Socket,
            Self::Exactly(_) | Self::Below(_) => Proof::Certificate,
        }
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Exactly(text) => text.clone(),
            Self::Below(above) => format!("{above}*"),
        }
    }
}

/// A SPIFFE id, if it is one of a workload.
pub(super) fn spiffe(text: &str) -> Option<String> {
    is_spiffe(text, 1).then(|| text.to_owned())
}

/// A host name in the form that it is compared in. Wildcards are names of many hosts, and so of
/// nobody.
pub(super) fn dns(host: &str) -> Option<String> {
    let label = |label: &str| {
        let admitted = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        (1..=63).contains(&label.len()) && label.bytes().all(admitted)
    };
    let fits = host.len() <= LONGEST_HOST && host.split('.').all(label);
    fits.then(|| format!("{DNS}{}", host.to_ascii_lowercase()))
}

/// By the SPIFFE standard, section 2: a trust domain in lower case, and segments that no URL
/// library would resolve away.
fn is_spiffe(text: &str, least_segments: usize) -> bool {
    let Some(rest) = text.strip_prefix(SPIFFE) else {
        return false;
    };
    let mut parts = rest.split('/');
    let domain = parts.next().unwrap_or_default();
    let named =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let segment = |part: &str| {
        let admitted = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        !["", ".", ".."].contains(&part) && part.bytes().all(admitted)
    };
    text.len() <= LONGEST_ID
        && (1..=LONGEST_DOMAIN).contains(&domain.len())
        && domain.bytes().all(named)
        && parts.clone().count() >= least_segments
        && parts.all(segment)
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn a_pattern_is_an_id_a_path_of_ids_or_a_host() {
        for good in [
            "spiffe://bank.example/ns/loans/sa/api",
            "spiffe://bank.example/ns/loans/*",
            "spiffe://bank.example/*",
            "dns:loans.bank.example",
            "uid:0",
            "uid:4294967295",
            "jwt:loans",
            "jwt:spiffe://bank.example/ns/loans",
        ] {
            assert_eq!(Pattern::parse(good).unwrap().text(), good);
        }
        assert_eq!(
            Pattern::parse("dns:Loans.Bank.Example").unwrap().text(),
            "dns:loans.bank.example"
        );
    }

    #[test]
    fn what_could_be_somebody_elses_is_no_pattern() {
        for bad in [
            "",
            "*",
            "loans",
            "spiffe://",
            "spiffe:///loans",
            "spiffe://bank.example",
            "spiffe://bank.example/",
            "spiffe://Bank.example/loans",
            "spiffe://bank.example:443/loans",
            "spiffe://user@bank.example/loans",
            "spiffe://bank.example/loans/",
            "spiffe://bank.example//loans",
            "spiffe://bank.example/loans/../cards",
            "spiffe://bank.example/loans%2Fa",
            "spiffe://bank.example/loans?x",
            "spiffe://bank.example/loans*",
            "spiffe://bank.example/*/loans",
            "spiffe://bank.example/loans/*/*",
            "https://bank.example/loans",
            "dns:",
            "dns:*.bank.example",
            "dns:a..b",
            "dns:李.example",
            "jwt:",
            "jwt:loans/*",
            "jwt:two words",
            "JWT:loans",
            "uid:",
            "uid:01",
            "uid:+1",
            "uid:-1",
            "uid:4294967296",
            "uid:root",
            "uid:65534",
            "uid:*",
        ] {
            assert_eq!(Pattern::parse(bad), None, "{bad}");
        }
    }
}
