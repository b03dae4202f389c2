//! What helps whoever wrote a word that nobody knows.

use std::fmt;

use super::super::fault::Fault;
use super::{DIRECTIVES, Word};

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
