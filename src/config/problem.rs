//! What is wrong with a configuration: which key, where it was given, what is expected.

use std::fmt;
use std::path::PathBuf;

/// Where a value was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A line of the file, from 1.
    File {
        /// The file.
        path: PathBuf,
        /// Where the key stands.
        line: usize,
    },
    /// A variable of the environment, by name.
    Environment(String),
    /// `--set`, or a flag that stands for it.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

/// One thing that is wrong, or should be looked at. It never holds a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key's path, e.g. `upi.signing.kid`, or the name of a file that cannot be used.
    pub place: String,
    /// Where the key was given; `None` when it is missing.
    pub origin: Option<Origin>,
    /// What is wrong or expected.
    pub text: String,
    /// What to do; empty when the text says it.
    pub advice: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)?;
        if let Some(origin) = &self.origin {
            write!(f, " ({origin})")?;
        }
        write!(f, ": {}", self.text)?;
        match self.advice {
            "" => Ok(()),
            advice => write!(f, " - {advice}"),
        }
    }
}

/// Everything that is wrong with a configuration: at least one problem. Displayed one to a
/// line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) const fn of(problems: Vec<Problem>) -> Self {
        Self(problems)
    }

    /// A single one, of a part of the configuration.
    pub(crate) fn one(place: &str, text: impl Into<String>) -> Self {
        Self(vec![Problem {
            place: place.to_owned(),
            origin: None,
            text: text.into(),
            advice: "",
        }])
    }

    /// The problems: unknown keys first, then the others in the order of the reference.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}
