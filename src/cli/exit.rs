//! Exit codes, after sysexits.h, so that scripts can tell ends apart.

use std::process::ExitCode;

/// How a command ended; [`MEANINGS`] says what each one means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Success = 0,
    Failure = 1,
    NotConfident = 3,
    /// EX_USAGE.
    Usage = 64,
    /// EX_DATAERR.
    BadData = 65,
    /// EX_UNAVAILABLE.
    Unavailable = 69,
    /// EX_SOFTWARE.
    Fault = 70,
    /// EX_IOERR.
    Files = 74,
    /// EX_TEMPFAIL.
    NoAnswer = 75,
    /// EX_CONFIG.
    Config = 78,
}

/// What commands end with, for their help and their manual pages.
const MEANINGS: [(Exit, &str); 10] = [
    (Exit::Success, "it did what was asked"),
    (Exit::Failure, "it did not; the text says why"),
    (
        Exit::NotConfident,
        "confidence below --min-confidence, or nothing compared",
    ),
    (Exit::Usage, "the command line is wrong"),
    (Exit::BadData, "the given data or files are wrong"),
    (
        Exit::Unavailable,
        "no gateway or ledger there (the text says what is), or one that sent nothing now",
    ),
    (Exit::Fault, "a fault of the gateway or its operator"),
    (Exit::Files, "a file could not be read or written"),
    (Exit::NoAnswer, "no answer, or not yet; ask by: idphoto get"),
    (Exit::Config, "the configuration is wrong"),
];

impl Exit {
    /// The codes that `command` can end with; all of them for the program itself.
    pub(super) fn of(command: &str) -> impl Iterator<Item = (u8, &'static str)> {
        let own: &[Self] = match command {
            "idphoto" => &[],
            "verify" => &[
                Self::NotConfident,
                Self::BadData,
                Self::Unavailable,
                Self::Fault,
                Self::Files,
                Self::NoAnswer,
            ],
            "get" => &[
                Self::BadData,
                Self::Unavailable,
                Self::Fault,
                Self::Files,
                Self::NoAnswer,
            ],
            "health" => &[Self::BadData, Self::Unavailable, Self::Files],
            "top" => &[Self::Unavailable, Self::Files],
            "doctor" => &[Self::Unavailable, Self::Files, Self::Config],
            "serve" | "config" => &[Self::Files, Self::Config],
            "ledger" | "budget" | "callers" => {
                &[Self::BadData, Self::Unavailable, Self::Files, Self::Config]
            }
            "keys" => &[Self::BadData, Self::Files],
            _ => &[Self::Files],
        };
        let always = [Self::Success, Self::Failure, Self::Usage];
        MEANINGS
            .iter()
            .filter(move |(exit, _)| {
                command == "idphoto" || always.contains(exit) || own.contains(exit)
            })
            .map(|(exit, meaning)| (*exit as u8, *meaning))
            .chain(by_signal(command))
    }
}

/// 128 and the signal's number, of commands that do not leave it to the system.
fn by_signal(command: &str) -> impl Iterator<Item = (u8, &'static str)> {
    let ends = match command {
        "idphoto" | "serve" | "sandbox" | "demo" => [
            (130, "a second SIGINT ended it at once"),
            (143, "a second SIGTERM ended it at once"),
        ]
        .as_slice(),
        "ledger" => &[(130, "SIGINT ended it"), (143, "SIGTERM ended it")],
        _ => &[],
    };
    ends.iter().copied()
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
