//! Types of values: how one is read, how it is written, and what is expected.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::value::{Shape, quote};
use crate::upi::Flaw;

/// The longest duration that means anything here.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// More digits than this in one number of a duration are refused: far above [`LONGEST`],
/// and below what overflows in the sum.
const MOST_DIGITS: usize = 9;

/// A type of values.
pub trait Setting: Sized {
    const SHAPE: Shape = Shape::Text;

    /// Continues "expected …".
    const EXPECTED: &'static str = "";

    /// The same where it is not one text.
    fn expected() -> String {
        Self::EXPECTED.to_owned()
    }

    fn read(value: &Value) -> Result<Self, Flaws>;

    /// As TOML; a good value reads back as itself.
    fn write(&self) -> String;

    /// As JSON Schema says it.
    fn schema() -> Value {
        json!({ "type": "string" })
    }

    /// What limits are held against.
    fn measure(&self) -> Option<u64> {
        None
    }

    fn spell(limit: u64) -> String {
        limit.to_string()
    }
}

/// What is known of a type without knowing it.
pub struct Kind {
    pub shape: Shape,
    pub expected: fn() -> String,
    pub schema: fn() -> Value,
    pub spell: fn(u64) -> String,
}

impl Kind {
    pub const fn of<T: Setting>() -> Self {
        Self {
            shape: T::SHAPE,
            expected: T::expected,
            schema: T::schema,
            spell: T::spell,
        }
    }
}

/// What is wrong with a value.
pub enum Flaws {
    /// It is not what is expected.
    Unexpected,
    /// More is known.
    Known(Flaw),
    /// Parts of it are wrong: what is appended to the key's path, e.g. `[1].kid`, and why.
    Parts(Vec<(String, String)>),
}

impl From<Flaw> for Flaws {
    fn from(flaw: Flaw) -> Self {
        Self::Known(flaw)
    }
}

/// Turns what could not be read into a flaw.
pub fn expect<T>(read: Option<T>) -> Result<T, Flaws> {
    read.ok_or(Flaws::Unexpected)
}

/// A text that its type reads itself.
pub fn text_by<T>(value: &Value, parse: fn(&str) -> Result<T, Flaw>) -> Result<T, Flaws> {
    Ok(parse(expect(value.as_str())?)?)
}

impl Setting for SocketAddr {
    const EXPECTED: &'static str = "an IP address and a port such as \"127.0.0.1:50051\"";

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_str().and_then(|text| text.parse().ok()))
    }

    fn write(&self) -> String {
        quote(&self.to_string())
    }
}

impl Setting for OffsetDateTime {
    const EXPECTED: &'static str =
        "a second with its offset, in quotes, such as \"2026-12-01T02:00:00+08:00\"";

    fn read(value: &Value) -> Result<Self, Flaws> {
        let text = expect(value.as_str())?;
        expect(Self::parse(text, &Rfc3339).ok())
    }

    fn write(&self) -> String {
        // A year that RFC 3339 cannot write was never read.
        quote(&self.format(&Rfc3339).unwrap_or_default())
    }

    fn schema() -> Value {
        json!({ "type": "string", "format": "date-time" })
    }
}

impl Setting for bool {
    const SHAPE: Shape = Shape::Toml;
    const EXPECTED: &'static str = "true or false";

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_bool())
    }

    fn write(&self) -> String {
        self.to_string()
    }

    fn schema() -> Value {
        json!({ "type": "boolean" })
    }
}

macro_rules! whole {
    ($($type:ty: $expected:literal),*) => {$(
        impl Setting for $type {
            const SHAPE: Shape = Shape::Toml;
            const EXPECTED: &'static str = $expected;

            fn read(value: &Value) -> Result<Self, Flaws> {
                let whole = value.as_i64();
                expect(whole.and_then(|whole| Self::try_from(whole).ok()))
            }

            fn write(&self) -> String {
                self.to_string()
            }

            fn schema() -> Value {
                json!({ "type": "integer" })
            }

            fn measure(&self) -> Option<u64> {
                u64::try_from(*self).ok()
            }
        }
    )*};
}

whole!(usize: "a whole number", u32: "a whole number");

impl Setting for f64 {
    const SHAPE: Shape = Shape::Toml;
    const EXPECTED: &'static str = "a number from 0 to 1, such as 0.05";

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_f64().filter(|ratio| (0.0..=1.0).contains(ratio)))
    }

    fn write(&self) -> String {
        format!("{self:?}")
    }

    fn schema() -> Value {
        json!({ "type": "number", "minimum": 0, "maximum": 1 })
    }
}

impl Setting for Duration {
    const EXPECTED: &'static str =
        "a duration with its unit, such as \"65s\", \"500ms\" or \"1m 5s\"";

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_str().and_then(duration))
    }

    fn write(&self) -> String {
        quote(&spell(*self))
    }

    fn measure(&self) -> Option<u64> {
        u64::try_from(self.as_millis()).ok()
    }

    fn spell(limit: u64) -> String {
        spell(Self::from_millis(limit))
    }
}

impl Setting for PathBuf {
    const EXPECTED: &'static str = "the path of a file";

    fn read(value: &Value) -> Result<Self, Flaws> {
        let text = value.as_str().filter(|text| !text.is_empty());
        expect(text.map(Self::from))
    }

    fn write(&self) -> String {
        quote(&self.to_string_lossy())
    }
}

impl Setting for String {
    const EXPECTED: &'static str = "a text in quotes";

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_str().map(ToOwned::to_owned))
    }

    fn write(&self) -> String {
        quote(self)
    }
}

/// A type whose values have names.
pub trait Choice: Copy + PartialEq + 'static {
    const NAMES: &'static [(&'static str, Self)];

    fn named(name: &str) -> Option<Self> {
        let mut names = Self::NAMES.iter();
        names.find(|(known, _)| *known == name).map(|(_, it)| *it)
    }

    fn name(self) -> &'static str {
        let mut names = Self::NAMES.iter();
        let found = names.find(|(_, it)| *it == self);
        found.map_or("", |(name, _)| name)
    }

    /// As in "a", "b" or "c".
    fn one_of() -> String {
        let names: Vec<_> = Self::NAMES.iter().map(|(name, _)| quote(name)).collect();
        match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => names.concat(),
        }
    }

    fn names() -> Value {
        json!({ "enum": Self::NAMES.iter().map(|(name, _)| name).collect::<Vec<_>>() })
    }
}

impl<T: Choice> Setting for T {
    fn expected() -> String {
        T::one_of()
    }

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_str().and_then(T::named))
    }

    fn write(&self) -> String {
        quote(self.name())
    }

    fn schema() -> Value {
        T::names()
    }
}

/// Units are mandatory: a bare number of what?
fn duration(text: &str) -> Option<Duration> {
    let mut numbers = text.split(|character: char| !character.is_ascii_digit());
    if numbers.any(|number| number.len() > MOST_DIGITS) {
        return None;
    }
    let duration = humantime::parse_duration(text).ok()?;
    (text.contains(char::is_alphabetic) && duration <= LONGEST).then_some(duration)
}

/// As operators write it: in seconds or milliseconds when that is exact.
fn spell(duration: Duration) -> String {
    match duration.subsec_nanos() {
        0 => format!("{}s", duration.as_secs()),
        nanos if nanos.is_multiple_of(1_000_000) => format!("{}ms", duration.as_millis()),
        _ => humantime::format_duration(duration).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{duration, spell};

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("65s"), Some(Duration::from_secs(65)));
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("1m 5s"), Some(Duration::from_secs(65)));
        assert_eq!(duration("0s"), Some(Duration::ZERO));
        for bad in ["", "65", "0", "s", "-1s", "5 parsecs", "25h"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn gigantic_durations_are_refused_without_overflow() {
        for bad in ["18446744073709551615s 1000ms", "999999999years"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_spelt_duration_reads_back_as_itself() {
        for nanos in [0, 65_000_000_000, 1_500_000_000, 1_000_001] {
            let value = Duration::from_nanos(nanos);
            assert_eq!(duration(&spell(value)), Some(value));
        }
        assert_eq!(spell(Duration::from_secs(65)), "65s");
    }
}
