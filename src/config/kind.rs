//! Kinds of values: how one is read, how it is written, and what is expected.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::value::{Shape, Value, quote};

/// The longest duration that means anything here.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// More digits than this in one number of a duration are refused: far above [`LONGEST`],
/// and below what overflows in the sum.
const MOST_DIGITS: usize = 9;

/// What values of a type have in common, whatever key they are for.
pub struct Kind<T> {
    pub shape: Shape,
    /// Continues "expected …".
    pub expected: fn() -> String,
    pub read: fn(&Value) -> Result<T, Flaws>,
    /// As TOML; a good value reads back as itself.
    pub write: fn(&T) -> String,
}

/// What is wrong with a value.
pub enum Flaws {
    /// It is not what is expected.
    Unexpected,
    /// Parts of it are wrong.
    Parts(Vec<Flaw>),
}

/// A part that is wrong.
pub struct Flaw {
    /// Appended to the key's path, e.g. `[1].kid`.
    pub part: String,
    pub text: String,
}

pub const ADDRESS: Kind<SocketAddr> = Kind {
    shape: Shape::Text,
    expected: || "an IP address and a port such as \"127.0.0.1:50051\"".to_owned(),
    read: |value| expect(value.text().and_then(|text| text.parse().ok())),
    write: |address| quote(&address.to_string()),
};

pub const BOOLEAN: Kind<bool> = Kind {
    shape: Shape::Toml,
    expected: || "true or false".to_owned(),
    read: |value| match value {
        Value::Boolean(boolean) => Ok(*boolean),
        _ => Err(Flaws::Unexpected),
    },
    write: ToString::to_string,
};

pub const COUNT: Kind<usize> = Kind {
    shape: Shape::Toml,
    expected: || "a whole number".to_owned(),
    read: |value| whole(value),
    write: ToString::to_string,
};

pub const RATIO: Kind<f64> = Kind {
    shape: Shape::Toml,
    expected: || "a number from 0 to 1, such as 0.05".to_owned(),
    read: |value| {
        let ratio = match value {
            Value::Float(float) => Some(*float),
            Value::Integer(0) => Some(0.0),
            Value::Integer(1) => Some(1.0),
            _ => None,
        };
        expect(ratio.filter(|ratio| (0.0..=1.0).contains(ratio)))
    },
    write: |ratio| format!("{ratio:?}"),
};

pub const PIXELS: Kind<u32> = Kind {
    shape: Shape::Toml,
    expected: || "a whole number of pixels".to_owned(),
    read: |value| whole(value),
    write: ToString::to_string,
};

pub const DURATION: Kind<Duration> = Kind {
    shape: Shape::Text,
    expected: || "a duration with its unit, such as \"65s\", \"500ms\" or \"1m 5s\"".to_owned(),
    read: |value| expect(value.text().and_then(duration)),
    write: |duration| quote(&spell(*duration)),
};

pub const PATH: Kind<PathBuf> = Kind {
    shape: Shape::Text,
    expected: || "the path of a file".to_owned(),
    read: |value| {
        expect(
            value
                .text()
                .filter(|text| !text.is_empty())
                .map(PathBuf::from),
        )
    },
    write: |path| quote(&path.to_string_lossy()),
};

pub const TEXT: Kind<String> = Kind {
    shape: Shape::Text,
    expected: || "a text in quotes".to_owned(),
    read: |value| expect(value.text().map(ToOwned::to_owned)),
    write: |text| quote(text),
};

/// A type whose values have names.
pub trait Choice: Copy + PartialEq + 'static {
    const NAMES: &'static [(&'static str, Self)];

    fn named(name: &str) -> Option<Self> {
        let mut names = Self::NAMES.iter();
        names.find(|(known, _)| *known == name).map(|(_, it)| *it)
    }

    fn name(self) -> &'static str {
        let mut names = Self::NAMES.iter();
        names
            .find(|(_, it)| *it == self)
            .map_or("", |(name, _)| name)
    }
}

impl<T: Choice> Kind<T> {
    /// One of the names.
    pub const fn choice() -> Self {
        Self {
            shape: Shape::Text,
            expected: one_of::<T>,
            read: |value| expect(value.text().and_then(T::named)),
            write: |choice| quote(choice.name()),
        }
    }
}

/// The names of a choice, as in "a", "b" or "c".
pub fn one_of<T: Choice>() -> String {
    let names: Vec<_> = T::NAMES.iter().map(|(name, _)| quote(name)).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// Turns what could not be read into a flaw.
pub fn expect<T>(read: Option<T>) -> Result<T, Flaws> {
    read.ok_or(Flaws::Unexpected)
}

fn whole<T: TryFrom<i64>>(value: &Value) -> Result<T, Flaws> {
    match value {
        Value::Integer(integer) => expect(T::try_from(*integer).ok()),
        _ => Err(Flaws::Unexpected),
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
