//! `idphoto ledger resolve`: what UPI's support said of an order whose outcome is unknown.

use std::io::Write;

use clap::ValueEnum;
use serde_json::json;

mod note;

use super::Trouble;
use super::entry::Entry;
use super::reach::Reach;
use super::show::{find, journal, order_id};
use super::told;
use crate::cli::exit::Exit;
use crate::domain::OrderId;
use crate::ledger::archive::{Archive, Listed, NOT_SENT, Resolution};
use crate::verify::port::{LedgerError, State};

/// Write down what UPI's support said of an order whose outcome is unknown; it stays unsendable
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) reach: Reach,
    /// The order id, 35 characters
    order_id: String,
    /// What UPI's support said
    #[arg(long = "as", value_name = "WHAT")]
    resolved: Resolved,
    /// Who said so, and where that is kept: 1 to 500 characters; no personal data
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: String,
}

/// What UPI's support can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Resolved {
    /// UPI never processed it, and charges nothing
    NotSent,
    /// UPI processed it, and may charge it
    Answered,
}

impl Resolved {
    const fn name(self) -> &'static str {
        match self {
            Self::NotSent => NOT_SENT,
            Self::Answered => "answered",
        }
    }
}

pub(super) async fn run(args: Args, out: &mut dyn Write) -> Result<Exit, Trouble> {
    let id = order_id(&args.order_id)?;
    check_note(&args.note)?;
    let archive = args.reach.open().await?;
    let said = (args.resolved.name(), args.note);
    resolve(&*archive, &id, said, args.reach.json, out).await
}

/// What an operator may write into the journal.
pub(super) fn check_note(note: &str) -> Result<(), Trouble> {
    note::check(note).map_err(Trouble::usage)
}

pub(super) async fn resolve(
    archive: &dyn Archive,
    id: &OrderId,
    (resolved, note): (&'static str, String),
    as_json: bool,
    out: &mut dyn Write,
) -> Result<Exit, Trouble> {
    unknown(&find(archive, id).await?)?;
    let resolution = Resolution {
        order_id: id.clone(),
        resolved,
        note,
    };
    match archive.resolve(resolution).await {
        // Its gateway was quicker than we.
        Err(LedgerError::WrongState) => unknown(&find(archive, id).await?)?,
        written => written?,
    }
    let written = journal(archive, id).await?.pop();
    let line = written.as_ref().map(Entry::line).unwrap_or_default();
    if as_json {
        let written = written.map(Entry::into_json);
        writeln!(
            out,
            "{}",
            json!({"order_id": id.as_str(), "written": written})
        )?;
    } else {
        writeln!(
            out,
            "written to the journal of order {id}:\n  {line}\n\
             The order stays OUTCOME_UNKNOWN and is never sent again: another try is a new order."
        )?;
    }
    Ok(Exit::Success)
}

fn unknown(order: &Listed) -> Result<(), Trouble> {
    if order.record.state == State::OutcomeUnknown {
        return Ok(());
    }
    let (id, state) = (&order.order_id, told::state(&order.record.state));
    Err(Trouble::refused(
        "ORDER_NOT_UNKNOWN",
        format!("order {id} is {state}, and only an OUTCOME_UNKNOWN one can be resolved"),
        "idphoto ledger show tells what is known of it",
    ))
}
