//! `idphoto ledger show`: everything that is known of one order.

use std::io::Write;

use serde_json::Value;

use super::Trouble;
use super::entry::Entry;
use super::moment::shown;
use super::pages::Journal;
use super::reach::Reach;
use super::told;
use crate::cli::exit::Exit;
use crate::domain::OrderId;
use crate::ledger::archive::{Archive, JournalPage, Listed};
use crate::verify::port::State;

/// Show an order and its journal
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) reach: Reach,
    /// The order id, 35 characters
    order_id: String,
}

pub(super) async fn run(args: Args, out: &mut dyn Write) -> Result<Exit, Trouble> {
    let id = order_id(&args.order_id)?;
    let archive = args.reach.open().await?;
    show(&*archive, &id, args.reach.json, out).await
}

pub(super) async fn show(
    archive: &dyn Archive,
    id: &OrderId,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<Exit, Trouble> {
    let order = find(archive, id).await?;
    let entries = journal(archive, id).await?;
    if as_json {
        let mut json = told::to_json(&order);
        let entries = entries.into_iter().map(Entry::into_json);
        if let Value::Object(members) = &mut json {
            members.insert("journal".to_owned(), entries.collect());
        }
        writeln!(out, "{json}")?;
    } else {
        writeln!(out, "{}", to_text(&order, &entries))?;
    }
    Ok(Exit::Success)
}

/// An order id that was typed.
pub(super) fn order_id(text: &str) -> Result<OrderId, Trouble> {
    OrderId::parse(text)
        .map_err(|_| Trouble::usage("an order id has 35 printable ASCII characters"))
}

/// The order, or that there is none.
pub(super) async fn find(archive: &dyn Archive, id: &OrderId) -> Result<Listed, Trouble> {
    archive.order(id).await?.ok_or_else(|| {
        Trouble::refused(
            "ORDER_NOT_FOUND",
            format!("the ledger has no order {id}"),
            "",
        )
    })
}

/// All entries of one order: a few.
pub(super) async fn journal(archive: &dyn Archive, id: &OrderId) -> Result<Vec<Entry>, Trouble> {
    let page = JournalPage {
        order_id: Some(id.clone()),
        ..JournalPage::default()
    };
    let mut pages = Journal::new(archive, page);
    let mut entries = Vec::new();
    while let Some(page) = pages.next().await? {
        entries.extend(page.iter().filter_map(|kept| Entry::read(&kept.entry)));
    }
    Ok(entries)
}

fn to_text(order: &Listed, entries: &[Entry]) -> String {
    let record = &order.record;
    let mut lines = vec![
        format!("order      {}", order.order_id),
        format!("state      {}", told::state(&record.state)),
    ];
    if let Some(answer) = told::answer(order) {
        lines.push(format!("answer     {}", told::result(answer)));
        lines.push(format!("answered   {}", shown(answer.answered_at)));
    }
    lines.push(format!("UPI-UUID   {}", record.upi_uuid));
    lines.push(format!("UPI-JWS    SHA-256 {}", order.jws_sha256));
    lines.push(format!(
        "claimed    {}, {}",
        shown(record.created_at),
        times(record.attempts)
    ));
    lines.push(format!("changed    {}", shown(record.updated_at)));
    lines.push(format!("gateway    {}", order.owner));
    if let Some(caller) = &record.caller {
        lines.push(format!("caller     {caller}"));
    }
    lines.push(match &record.consent {
        Some(consent) => format!("consent    {}", consent.texts().join(" | ")),
        None => "consent    purged".to_owned(),
    });
    lines.push("journal".to_owned());
    lines.extend(entries.iter().map(|entry| format!("  {}", entry.line())));
    if record.state == State::OutcomeUnknown {
        lines.push(ADVICE.to_owned());
    }
    lines.join("\n")
}

/// How often it was claimed; the time is that of the first claim.
fn times(attempts: u32) -> String {
    match attempts {
        1 => "once".to_owned(),
        more => format!("for the first of {more} times"),
    }
}

const ADVICE: &str = "No gateway sends this order again. Ask UPI's support by the order id or the UPI-UUID, and write\n\
    down what it says: idphoto ledger resolve ORDER --as not-sent|answered --note TEXT";
