//! `ledger.*`: where orders are remembered.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::key::{default, optional};
use super::reader::section;
use super::setting::{Flaws, Setting, expect};
use super::value::{Shape, quote};
use crate::ledger::{Calendar, Keep, Location, LocationError};
use crate::upi::Flaw;

impl Setting for Location {
    fn expected() -> String {
        Self::EXPECTED.to_owned()
    }

    fn read(value: &Value) -> Result<Self, Flaws> {
        Self::parse(expect(value.as_str())?).map_err(|error| match error {
            LocationError::Unexpected => Flaws::Unexpected,
            LocationError::Password => Flaws::Known(Flaw {
                text: "a password does not belong in the URL",
                advice: "write it to a file and name that in ledger.password_file",
            }),
            LocationError::Tls => Flaws::Known(Flaw {
                text: "TLS is not set in the URL",
                advice: "ledger.tls and ledger.ca_file set it; a certificate is always verified",
            }),
            LocationError::Parameter => Flaws::Known(Flaw {
                text: "the URL has a parameter that is not known",
                advice: "host=/FOLDER, for a Unix socket, is the only one",
            }),
        })
    }

    fn write(&self) -> String {
        quote(&self.to_text())
    }
}

const FOREVER: &str = "forever";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Setting for Keep {
    fn expected() -> String {
        "\"forever\" or a number of days such as \"400d\"".to_owned()
    }

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_str().and_then(|text| match text {
            FOREVER => Some(Self::Forever),
            _ => {
                let days = text.strip_suffix('d')?.parse::<u16>().ok();
                let days = days.filter(|days| *days > 0)?;
                Some(Self::For(DAY * u32::from(days)))
            }
        }))
    }

    fn write(&self) -> String {
        match self {
            Self::Forever => quote(FOREVER),
            Self::For(keep) => quote(&format!("{}d", keep.as_secs() / DAY.as_secs())),
        }
    }
}

impl Setting for Calendar {
    const EXPECTED: &'static str = "the name of a time zone such as \"Asia/Shanghai\" or \"UTC\"";

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_str().and_then(Self::parse))
    }

    fn write(&self) -> String {
        quote(self.name())
    }
}

/// Paths of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths(pub Vec<PathBuf>);

impl Setting for Paths {
    const SHAPE: Shape = Shape::Toml;

    fn expected() -> String {
        "a list of paths of files".to_owned()
    }

    fn read(value: &Value) -> Result<Self, Flaws> {
        let paths = expect(value.as_array())?.iter().map(PathBuf::read);
        Ok(Self(paths.collect::<Result<_, _>>()?))
    }

    fn write(&self) -> String {
        let paths: Vec<_> = self.0.iter().map(Setting::write).collect();
        format!("[{}]", paths.join(", "))
    }

    fn schema() -> Value {
        json!({ "type": "array", "items": { "type": "string" } })
    }
}

section! {
    /// `ledger.*`
    LedgerConfig, "ledger", "where orders are remembered", "";

    url: Location = default("sqlite:idphoto-ledger.db").in_sandbox("memory:"),
        "Where orders are remembered, so that none is sent twice: in a SQLite file, for one \
         gateway; in a PostgreSQL database, for any number of them; or in memory, which forgets \
         all of them when the process ends, after which each can be sent and charged again.";
    timeout: Duration = default("5s").within(100, 60_000),
        "For one step of the ledger. A claim that takes longer is given up, and nothing is sent.";
    fingerprint_key_files: Paths = default("[]"),
        "Files with the keys by which contents of orders are told apart, 64 hex digits each: the \
         first is for new orders, the others were. With SQLite an empty list makes one beside the \
         file; every gateway on a PostgreSQL database needs the same.";
    keep: Keep = default("forever"),
        "How long consent, UPI's texts and the journal of an ended order are kept. Its id, code \
         and confidence stay, so that it is never sent again.";
    keep_texts: bool = default("true"),
        "Whether UPI's texts of a rejection are recorded. Without them a replayed rejection has \
         only its code and category.";
    budget_time_zone: Calendar = default("Asia/Shanghai"),
        "The time zone in which the days and months of callers' budgets begin, by its name in IANA's \
         database, which is a part of the program. The same for every gateway of a ledger.";
    password_file: Option<PathBuf> = optional("/etc/idphoto/ledger.password"),
        "A file with the password for PostgreSQL. A line break at its end does not count.";
    ca_file: Option<PathBuf> = optional("/etc/idphoto/ledger-ca.pem"),
        "The only authorities that PostgreSQL's certificate may come from, PEM. Without it the \
         system's.";
    tls: bool = default("true"),
        "Whether PostgreSQL has to speak TLS. It need not on a Unix socket.";
    connections: usize = default("16").within(1, 1000),
        "How many connections to PostgreSQL are open at most.";
}
