//! Ways in which an answer can be wrong. Everything else about it stays right, so that
//! each fault proves one check of the client.

use std::fmt;

macro_rules! faults {
    ($($id:ident: $name:literal, $what:literal;)*) => {
        /// What a scenario `sandbox:fault=NAME` asks for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Fault {
            $(#[doc = $what] $id,)*
        }

        impl Fault {
            /// Every fault.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$id),*];

            /// `NAME`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$id => $name,)*
                }
            }

            /// What is wrong with the answer.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self {
                    $(Self::$id => $what,)*
                }
            }
        }
    };
}

faults! {
    NoSignature: "no-signature",
        "No UPI-JWS header.";
    BadSignature: "bad-signature",
        "One character of the signature is another one.";
    WrongKey: "wrong-key",
        "Signed with another key than the kid says (with the encryption key).";
    StaleTimestamp: "stale-timestamp",
        "UPI-TIMESTAMP lies a minute beyond the window.";
    OtherAppId: "other-app-id",
        "UPI-APPID names another participant.";
    OtherPath: "other-path",
        "UPI-REQPATH names another path.";
    UnknownKid: "unknown-kid",
        "The kid is one that nobody was told of.";
    AlgNone: "alg-none",
        "`alg` is `none`, and there is no signature.";
    Tampered: "tampered",
        "The body was changed after signing.";
    NoConfidence: "no-confidence",
        "Code `00` without a confidence.";
    Confidence101: "confidence-101",
        "Code `00` with confidence 101.";
    MalformedJson: "malformed-json",
        "Half of a JSON text.";
    NoResponseCode: "no-response-code",
        "No `responseCode`.";
    Html: "html",
        "A web page with status 200.";
    EmptyBody: "empty-body",
        "No body at all.";
    Oversized: "oversized",
        "A body of more than 64 KiB.";
    Http500: "http-500",
        "A good answer, but with status 500.";
    Http400: "http-400",
        "A good answer, but with status 400.";
    Unauthorized: "unauthorized",
        "401 and `E0`, although the signature was good: nothing is processed.";
    Redirect: "redirect",
        "A good answer, but with status 307 to the same path.";
    Reset: "reset",
        "The connection is reset after the request was received.";
    Close: "close",
        "The connection is closed after the request was received.";
    Truncated: "truncated",
        "The connection is closed in the middle of the body.";
    Hang: "hang",
        "No answer, until the client leaves.";
    SlowBody: "slow-body",
        "A body that comes in drops and never ends.";
}

impl Fault {
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Fault;

    #[test]
    fn every_fault_is_found_by_its_name() {
        for fault in Fault::ALL {
            assert_eq!(Fault::named(fault.name()), Some(fault));
        }
        assert_eq!(HashSet::from(Fault::ALL).len(), 25);
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "nothing", "Reset", "reset "] {
            assert_eq!(Fault::named(name), None);
        }
    }
}
