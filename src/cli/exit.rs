//! Exit codes, after sysexits.h, so that scripts can tell ends apart.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked; for `verify` and `get`: there is an answer.
    Success = 0,
    /// It did not; the text says why.
    Failure = 1,
    /// The command line is wrong (EX_USAGE).
    Usage = 64,
    /// The given data are wrong (EX_DATAERR).
    BadData = 65,
    /// A service is unavailable and nothing was sent (EX_UNAVAILABLE).
    Unavailable = 69,
    /// A fault of the gateway or its operator (EX_SOFTWARE).
    Fault = 70,
    /// A file could not be read or written (EX_IOERR).
    Files = 74,
    /// There is no answer, or not yet (EX_TEMPFAIL).
    NoAnswer = 75,
    /// The configuration is wrong (EX_CONFIG).
    Config = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
