//! A word of a scenario that nobody knows, as far as it may be shown, and what was probably meant.
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
    pub(super) fn nearest(
        &self,
        names: impl Iterator<Item = &'static str>,
    ) -> Option<&'static str> {
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

pub(super) fn advice_on_directive(word: &Word) -> String {
    let names = || DIRECTIVES.iter().map(|directive| directive.name);
    if let Some(name) = word.nearest(names()) {
        return format!("; did you mean {name}=?");
    }
    nearest_fault(word).unwrap_or_else(|| {
        let names = names().collect::<Vec<_>>().join("=, ");
        format!("; there are {names}=")
    })
}

pub(super) fn advice_on_fault(word: &Word) -> String {
    let all = || "; \"idphoto sandbox --scenarios\" lists them".to_owned();
    nearest_fault(word).unwrap_or_else(all)
}

fn nearest_fault(word: &Word) -> Option<String> {
    let fault = word.nearest(Fault::ALL.into_iter().map(Fault::name))?;
    Some(format!("; did you mean fault={fault}?"))
}
