//! How these commands fail.

use std::error::Error;
use std::io::{self, Write};

use tonic::Code;

use crate::cli::client::{Failure, Subject};
use crate::cli::config::refuse;
use crate::cli::exit::Exit;
use crate::config::Problems;
use crate::ledger::OpenError;
use crate::ledger::operate::tells_damage;
use crate::verify::port::LedgerError;

/// Why a command did not do as asked.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The configuration is bad.
    Config(Problems),
    /// Standard output cannot be written.
    Output(io::Error),
    /// Anything else.
    Told(Box<Failure>),
}

impl Trouble {
    /// A failure of the command's own.
    pub(super) fn of(
        code: Code,
        reason: &str,
        message: impl Into<String>,
        advice: impl Into<String>,
        exit: Exit,
    ) -> Self {
        let failure = Failure::of_ledger(code, reason, message.into(), advice.into(), exit);
        Self::Told(Box::new(failure))
    }

    /// What was asked for makes no sense for what is there.
    pub(super) fn refused(
        reason: &str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self::of(
            Code::FailedPrecondition,
            reason,
            message,
            advice,
            Exit::BadData,
        )
    }

    /// The command line is wrong.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::of(Code::InvalidArgument, "BAD_USAGE", message, "", Exit::Usage)
    }

    /// A file cannot be written.
    pub(super) fn file(error: &dyn Error, advice: &str) -> Self {
        let text = chain(error);
        Self::of(
            Code::FailedPrecondition,
            "FILE_UNWRITABLE",
            text,
            advice,
            Exit::Files,
        )
    }

    /// Tells it: as JSON on `out`, or to people on standard error.
    pub(super) fn tell(self, as_json: bool, out: &mut dyn Write) -> io::Result<Exit> {
        match self {
            // A reader that has enough (`… | head`) is no fault.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Success),
            Self::Output(error) => Err(error),
            Self::Config(problems) if as_json => {
                let text = problems.to_string();
                let code = Code::FailedPrecondition;
                Self::of(code, "BAD_CONFIGURATION", text, "", Exit::Config).tell(true, out)
            }
            Self::Config(problems) => refuse(&problems),
            Self::Told(failure) => failure.tell(as_json, Subject::Nothing, out),
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<Problems> for Trouble {
    fn from(problems: Problems) -> Self {
        Self::Config(problems)
    }
}

impl From<OpenError> for Trouble {
    fn from(error: OpenError) -> Self {
        let advice = "idphoto doctor looks at the ledger, too";
        Self::unavailable(&error, "LEDGER_UNAVAILABLE", advice)
    }
}

impl From<LedgerError> for Trouble {
    fn from(error: LedgerError) -> Self {
        let reason = match error {
            LedgerError::Uncertain(_) => "LEDGER_UNCERTAIN",
            LedgerError::Engine(_) | LedgerError::WrongState => "LEDGER_UNAVAILABLE",
        };
        Self::unavailable(&error, reason, "")
    }
}

impl Trouble {
    /// The ledger did not do as asked; damaged data are another matter than a disk that is full.
    fn unavailable(error: &(dyn Error + 'static), reason: &str, advice: &str) -> Self {
        let text = chain(error);
        if tells_damage(error) {
            let advice = "stop its gateway, keep it as it is, and see docs/operations.md, Backup";
            return Self::refused("LEDGER_DAMAGED", text, advice);
        }
        Self::of(Code::Unavailable, reason, text, advice, Exit::Unavailable)
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = cause.source();
    }
    text
}
