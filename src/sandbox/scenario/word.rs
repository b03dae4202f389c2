//! A word of a scenario that nobody knows, as far as it may be shown.
//!
//! A usage scenario is the caller's text and could hold anything, a person's name or number
//! too. What looks like a mistyped directive is shown; anything else only that it was there.

use std::fmt;

use super::super::fault::Fault;
use super::DIRECTIVES;

/// The longest name of a directive or fault has 16.
const MOST_CHARACTERS: usize = 20;
/// As many as in `http-500`. Numbers of persons have more.
const MOST_DIGITS: usize = 3;
/// From here on two words are taken for the same one, mistyped.
const LIKE: f64 = 0.6;

/// Letters, hyphens, underscores and a few digits; `None` for anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word(Option<String>);

impl Word {
    pub(super) fn of(text: &str) -> Self {
        let admitted = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let shown = (1..=MOST_CHARACTERS).contains(&text.len())
            && digits <= MOST_DIGITS
            && text.bytes().all(admitted);
        Self(shown.then(|| text.to_owned()))
    }

    /// The name that was probably meant.
    fn nearest(&self, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
        let word = self.0.as_ref()?.to_ascii_lowercase();
        let likeness = |name: &str| strsim::normalized_damerau_levenshtein(name, &word);
        let likely = names.map(|name| (likeness(name), name));
        let best = likely.max_by(|(one, _), (other, _)| one.total_cmp(other));
        best.filter(|(likeness, _)| *likeness >= LIKE)
            .map(|(_, name)| name)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(word) => write!(f, "\"{word}\""),
            None => f.write_str("something that is not shown here"),
        }
    }
}

/// What was probably meant, or what there is.
pub(super) enum Advice {
    Nearest(&'static str, &'static str),
    Directives,
    Faults,
}

impl Advice {
    pub(super) fn directive(word: &Word) -> Self {
        let names = DIRECTIVES.iter().map(|directive| directive.name);
        if let Some(name) = word.nearest(names) {
            return Self::Nearest(name, "=");
        }
        match word.nearest(faults()) {
            Some(fault) => Self::Nearest("fault=", fault),
            None => Self::Directives,
        }
    }

    pub(super) fn fault(word: &Word) -> Self {
        match word.nearest(faults()) {
            Some(fault) => Self::Nearest("fault=", fault),
            None => Self::Faults,
        }
    }
}

fn faults() -> impl Iterator<Item = &'static str> {
    Fault::ALL.into_iter().map(Fault::name)
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nearest(one, other) => write!(f, "; did you mean {one}{other}?"),
            Self::Directives => {
                let names = DIRECTIVES.iter().map(|directive| directive.name);
                write!(f, "; there are {}=", names.collect::<Vec<_>>().join("=, "))
            }
            Self::Faults => f.write_str("; \"idphoto sandbox --scenarios\" lists them"),
        }
    }
}
