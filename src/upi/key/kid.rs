//! UPI's name of a key.

use super::super::identifier::{Flaw, flaw, plain, text};

/// Ids in the field have 10 to 20 characters; the limit keeps headers small.
const MAX_LENGTH: usize = 128;

/// A kid this long of hexadecimal digits is a serial number rather than an id of UPI's.
const SERIAL_DIGITS: usize = 16;

/// A certificate id at UPI: 1 to 128 characters of `[A-Za-z0-9/_.-]`, opaque, not the X.509
/// serial.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Kid(String);

impl Kid {
    /// Checks alphabet and length.
    ///
    /// # Errors
    /// What is the matter.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        const ADVICE: &str = "write UPI's certificate id as UPI shows it, and nothing else";
        const COLONS: &str = "has colons in it, like a certificate's serial number or fingerprint";
        if text.contains(':') && !text.contains(char::is_whitespace) {
            return Err(flaw(COLONS, ADVICE));
        }
        plain(text, ADVICE)?;
        if text.len() > MAX_LENGTH {
            return Err(flaw("is longer than 128 characters", ADVICE));
        }
        Ok(Self(text.to_owned()))
    }

    /// What looks odd about one that can be used.
    #[must_use]
    pub fn oddity(&self) -> Option<Flaw> {
        const TEXT: &str = "looks like a certificate's serial number in hexadecimal";
        const ADVICE: &str = "UPI's certificate id is not the serial number; compare it with UPI's";
        let digits = self.0.strip_prefix("0x").unwrap_or(&self.0);
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let letters = digits.bytes().any(|byte| byte.is_ascii_alphabetic());
        let long = letters && digits.len() >= SERIAL_DIGITS;
        (hexadecimal && (digits.len() < self.0.len() || long)).then_some(flaw(TEXT, ADVICE))
    }
}

text!(Kid);

#[cfg(test)]
mod tests {
    use super::Kid;

    #[test]
    fn kids_of_the_field_pass() {
        for good in [
            "1555570302",
            "sandbox-participant-1",
            "4A1B",
            "12345678901234567890",
        ] {
            assert_eq!(Kid::parse(good).unwrap().oddity(), None, "{good}");
        }
    }

    #[test]
    fn a_kid_that_is_none_says_why() {
        for (bad, part) in [
            ("", "empty"),
            ("1555 570302", "space"),
            ("1555570302\n", "line break"),
            ("4a:1b:00", "colons"),
            ("k\u{e9}", "other characters"),
            (&"1".repeat(129), "128"),
        ] {
            let flaw = Kid::parse(bad).unwrap_err();
            assert!(flaw.text.contains(part), "{bad}: {flaw}");
        }
    }

    #[test]
    fn a_serial_number_is_odd() {
        for serial in ["4a1b00ffeeddccbb", "0x12345678"] {
            let odd = Kid::parse(serial).unwrap().oddity();
            assert!(odd.unwrap().text.contains("serial number"), "{serial}");
        }
    }
}
