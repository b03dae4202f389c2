//! `idphoto ledger export`: the journal, for auditors; counts, for UPI's invoice.

use std::io::{self, IsTerminal as _, Write};

use clap::ValueEnum;
use time::OffsetDateTime;

mod csv;
mod summary;

pub(super) use csv::lines as csv_lines;
pub(super) use summary::{Offset, summarize};

use super::Trouble;
use super::moment;
use super::pages::Journal;
use super::progress::{LastWords, Progress};
use super::reach::Reach;
use crate::cli::exit::Exit;
use crate::ledger::archive::{Archive, JournalPage, Kept};
use crate::ledger::journal::micros;

/// Write the journal to standard output, or counts of it with --summary
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) reach: Reach,
    /// From this day or time on, or since so long ago (36h)
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    since: Option<OffsetDateTime>,
    /// Before this day or time
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    until: Option<OffsetDateTime>,
    /// How entries are written
    #[arg(long, value_enum, default_value = "jsonl", conflicts_with = "summary")]
    format: Format,
    /// Count orders by the day, dispatch and response code of their end, to hold against UPI's invoice
    #[arg(long)]
    summary: bool,
    /// The days of --summary are those of this offset from UTC
    #[arg(
        long,
        value_name = "+HH:MM",
        default_value = "+00:00",
        allow_hyphen_values = true,
        requires = "summary"
    )]
    utc_offset: Offset,
}

/// How entries are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Exactly what the journal has, one entry a line: its canonical encoding
    Jsonl,
    /// For spreadsheets
    Csv,
}

/// A part of time; both ends may be open.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Period {
    pub(super) since: Option<OffsetDateTime>,
    pub(super) until: Option<OffsetDateTime>,
}

pub(super) async fn run(args: Args, out: &mut dyn Write) -> Result<Exit, Trouble> {
    let archive = args.reach.open().await?;
    let period = Period {
        since: args.since,
        until: args.until,
    };
    if args.summary {
        return summarize(&*archive, period, args.utc_offset, args.reach.json, out).await;
    }
    export(&*archive, period, args.format, out).await
}

pub(super) async fn export(
    archive: &dyn Archive,
    period: Period,
    format: Format,
    out: &mut dyn Write,
) -> Result<Exit, Trouble> {
    let progress = progress(archive, period).await?;
    let page = JournalPage {
        since: period.since,
        ..JournalPage::default()
    };
    if format == Format::Csv {
        out.write_all(csv::heads().as_bytes())?;
    }
    let mut journal = Journal::new(archive, page);
    while let Some(mut entries) = journal.next().await? {
        progress.advance(entries.len());
        entries.retain(|kept| period.has(kept));
        let lines = match format {
            Format::Jsonl => entries
                .iter()
                .map(|kept| format!("{}\n", kept.entry))
                .collect(),
            Format::Csv => csv_lines(&entries)?,
        };
        // Whole lines, so that a reader never gets a part of one.
        out.write_all(lines.as_bytes())?;
    }
    out.flush()?;
    Ok(Exit::Success)
}

/// None where the lines themselves go to a terminal.
async fn progress(archive: &dyn Archive, period: Period) -> Result<Progress, Trouble> {
    let last = LastWords {
        text: "not everything was written",
        ..LastWords::default()
    };
    if io::stdout().is_terminal() || period.since.is_some() {
        return Ok(Progress::start("entries", None, last));
    }
    let entries = archive.stats().await?.entries;
    Ok(Progress::start("entries", Some(entries), last))
}

impl Period {
    /// Whether an entry was written before its end. Damaged ones are, so that they are seen.
    fn has(self, kept: &Kept) -> bool {
        let Some(until) = self.until.map(micros) else {
            return true;
        };
        let entry: Option<serde_json::Value> = serde_json::from_str(&kept.entry).ok();
        let at = entry.and_then(|entry| entry.get("at")?.as_i64());
        at.is_none_or(|at| at < until)
    }

    /// Whether a time is within it.
    pub(super) fn holds(self, at: OffsetDateTime) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
    }
}
