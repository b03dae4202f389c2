//! What stands in the headers of UPI's signatures, where nothing escapes it: one alphabet, checked
//! once.

/// Why a text, or two texts together, cannot be used. It never holds any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Flaw {
    /// What is the matter.
    pub text: &'static str,
    /// What to do.
    pub advice: &'static str,
}

pub(super) const fn flaw(text: &'static str, advice: &'static str) -> Flaw {
    Flaw { text, advice }
}

/// Letters, digits and `/_.-` (UPI's general requirements), at least one.
pub(super) fn plain(text: &str, advice: &'static str) -> Result<(), Flaw> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"/_.-".contains(&byte);
    let why = if text.is_empty() {
        "is empty"
    } else if text.contains(char::is_whitespace) {
        "has a space or a line break in it"
    } else if !text.bytes().all(known) {
        "has other characters than letters, digits and / _ . -"
    } else {
        return Ok(());
    };
    Err(flaw(why, advice))
}

/// The app id that UPI gave us, sent and expected as UPI-APPID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppId(String);

impl AppId {
    /// Checks the alphabet.
    ///
    /// # Errors
    /// What is the matter.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        const ADVICE: &str = "write the app id (UPI-APPID) that UPI gave you, and nothing else";
        plain(text, ADVICE).map(|()| Self(text.to_owned()))
    }
}

/// The path of the API as UPI knows it, signed as UPI-REQPATH. An HTTP client leaves it as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPath(String);

impl RequestPath {
    /// Checks that it is absolute, and is sent as it is signed.
    ///
    /// # Errors
    /// What is the matter.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        const HOST: &str = "scheme and host belong into upi.base_url, the path alone stands here";
        const ADVICE: &str = "write the path as UPI's documents show it, from the first / on";
        let first = text.split('/').next().unwrap_or_default();
        let dots = |segment: &str| matches!(segment, "." | "..");
        Err(if text.contains("://") || text.starts_with("//") {
            flaw("has the host in it", HOST)
        } else if text.contains('?') {
            let advice = "leave out the ? and what follows: UPI signs the path alone";
            flaw("has a query in it", advice)
        } else if text.contains('#') {
            flaw("has a fragment in it", "leave out the # and what follows")
        } else if let Err(flaw) = plain(text, ADVICE) {
            flaw
        } else if first.contains('.') {
            flaw("begins with what looks like a host", HOST)
        } else if !first.is_empty() {
            flaw("does not begin with /", ADVICE)
        } else if text.split('/').any(dots) {
            flaw("has a segment . or .. in it", ADVICE)
        } else {
            return Ok(Self(text.to_owned()));
        })
    }

    /// What looks odd about one that can be used.
    #[must_use]
    pub fn oddity(&self) -> Option<Flaw> {
        const ADVICE: &str = "UPI compares the path to the letter; does its own end so?";
        (self.0.len() > 1 && self.0.ends_with('/')).then_some(flaw("ends with /", ADVICE))
    }

    /// What stands between the first two slashes.
    pub(super) fn first_segment(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or_default()
    }
}

macro_rules! text {
    ($($Name:ident),*) => {$(
        impl $Name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}
pub(super) use text;

text!(AppId, RequestPath);

#[cfg(test)]
mod tests {
    use super::{AppId, RequestPath};

    #[track_caller]
    fn assert_path(text: &str, part: &str) {
        let flaw = RequestPath::parse(text).unwrap_err();
        assert!(flaw.text.contains(part), "{text}: {flaw}");
    }

    #[test]
    fn an_app_id_says_why_it_is_none() {
        assert_eq!(AppId::parse("00520446").unwrap().as_str(), "00520446");
        for (bad, part) in [
            ("", "empty"),
            ("00 520446", "space"),
            ("\"", "other characters"),
            ("a\"b", "other characters"),
            ("\u{e4}", "other characters"),
        ] {
            let flaw = AppId::parse(bad).unwrap_err();
            assert!(flaw.text.contains(part), "{bad}: {flaw}");
        }
    }

    #[test]
    fn a_path_is_sent_as_it_is_signed_or_says_why_not() {
        for good in ["/uais/id-photo/v1/verify", "/", "/a/"] {
            assert_eq!(RequestPath::parse(good).unwrap().as_str(), good);
        }
        assert_path("https://upi.example/uais/v1", "has the host in it");
        assert_path("//upi.example/uais/v1", "has the host in it");
        assert_path("UPI.example/uais/v1", "looks like a host");
        assert_path("/uais/v1?x=1", "query");
        assert_path("/uais#x", "fragment");
        assert_path("/uais /v1", "space");
        assert_path("", "empty");
        assert_path("uais/v1", "does not begin with /");
        for dots in ["/uais/../v1", "/a/.", "/./a", "/a/.."] {
            assert_path(dots, "segment");
        }
        for other in ["/uais/%20", "/\u{e4}", "/a\"", "/a%2f"] {
            assert_path(other, "other characters");
        }
    }

    #[test]
    fn a_slash_at_the_end_is_odd() {
        let odd = |text| RequestPath::parse(text).unwrap().oddity();
        assert_eq!(odd("/uais/v1"), None);
        assert_eq!(odd("/"), None);
        assert!(odd("/uais/v1/").unwrap().text.contains("ends with /"));
    }
}
