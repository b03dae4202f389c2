//! `idphoto ledger list`: orders as they stand.

use std::io::Write;

use clap::ValueEnum;
use time::OffsetDateTime;

use super::Trouble;
use super::pages::Orders;
use super::reach::Reach;
use super::{moment, told};
use crate::cli::exit::Exit;
use crate::ledger::archive::{Archive, OrderPage};

/// List orders, by their ids; with --json one object a line
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) reach: Reach,
    /// Only those in this state
    #[arg(long)]
    state: Option<State>,
    /// Only those that changed since: a day, a time, or how long ago (36h)
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    since: Option<OffsetDateTime>,
}

/// States by their names in the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum State {
    /// Perhaps sent, and never answered
    Unknown,
    /// Claimed by a gateway
    InFlight,
    /// UPI processed nothing; the same order may be sent
    NotSent,
    /// UPI answered
    Answered,
}

impl State {
    /// Its name in ledgers.
    const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "OUTCOME_UNKNOWN",
            Self::InFlight => "SENDING",
            Self::NotSent => "NOT_SENT",
            Self::Answered => "ANSWERED",
        }
    }
}

pub(super) async fn run(args: Args, out: &mut dyn Write) -> Result<Exit, Trouble> {
    let archive = args.reach.open().await?;
    let page = OrderPage {
        state: args.state.map(State::name),
        since: args.since,
        ..OrderPage::default()
    };
    list(&*archive, page, args.reach.json, out).await
}

pub(super) async fn list(
    archive: &dyn Archive,
    page: OrderPage,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<Exit, Trouble> {
    if !as_json {
        let heads = ["order", "state", "changed", "UPI-UUID"];
        let [order, state, changed, uuid] = heads;
        writeln!(
            out,
            "{order:<35}  {state:<15}  {changed:<20}  {uuid:<32}  answer"
        )?;
    }
    let mut orders = Orders::new(archive, page);
    while let Some(found) = orders.next().await? {
        let lines = found.iter().map(|order| match as_json {
            true => format!("{}\n", told::to_json(order)),
            false => format!("{}\n", told::line(order)),
        });
        out.write_all(lines.collect::<String>().as_bytes())?;
    }
    Ok(Exit::Success)
}
