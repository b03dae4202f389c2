//! `idphoto budget`: how many verifications callers may still have sent.

use std::io::{self, Write};

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Trouble;
use super::callers::known;
use super::reach::{Reach, open};
use super::resolve::check_note;
use crate::cli::exit::Exit;
use crate::domain::{Budget, CallerName, Span};
use crate::ledger::archive::{Allowance, Archive, Counted, Standing};
use crate::ledger::{Calendar, Day};

/// Show and raise the budgets of callers (daily_budget and monthly_budget of their entries)
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Show(Show),
    Set(Set),
}

/// Show what is used and left of the present day and month
#[derive(Debug, clap::Args)]
struct Show {
    #[command(flatten)]
    reach: Reach,
}

/// Raise the budget of a caller for the present day or month, on all gateways at once
#[derive(Debug, clap::Args)]
struct Set {
    #[command(flatten)]
    reach: Reach,
    /// The caller's name
    name: String,
    /// Which of its budgets
    #[arg(long)]
    period: Period,
    /// By how many; a negative number lowers it. It takes the place of what was set before
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    extra: i64,
    /// Who wants it, and why: 1 to 500 characters; no personal data
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: String,
}

/// The present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Period {
    /// From midnight to midnight, in ledger.budget_time_zone
    Day,
    /// From the first of the month
    Month,
}

impl Period {
    const fn span(self) -> Span {
        match self {
            Self::Day => Span::Day,
            Self::Month => Span::Month,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// Standard output or standard error cannot be written.
pub async fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    let (as_json, ended) = match args.command {
        Command::Show(args) => (args.reach.json, args.run(out).await),
        Command::Set(args) => (args.reach.json, args.run(out).await),
    };
    ended.or_else(|trouble| trouble.tell(as_json, out))
}

impl Show {
    async fn run(self, out: &mut dyn Write) -> Result<Exit, Trouble> {
        let remembering = self.reach.remembering()?;
        let archive = open(&remembering.settings, false).await?;
        let calendar = &remembering.settings.calendar;
        let now = Now::of(calendar);
        show(
            &*archive,
            (&remembering.callers, &now),
            self.reach.json,
            out,
        )
        .await
    }
}

/// When it is.
pub(super) struct Now {
    pub(super) day: Day,
    pub(super) zone: String,
}

impl Now {
    fn of(calendar: &Calendar) -> Self {
        Self {
            day: calendar.day(OffsetDateTime::now_utc()),
            zone: calendar.name().to_owned(),
        }
    }
}

/// A line of the list.
struct Line<'a> {
    caller: &'a str,
    span: Span,
    bound: Option<u64>,
    used: i64,
    extra: i64,
}

impl Line<'_> {
    fn limit(&self) -> Option<u64> {
        Some(self.bound?.saturating_add_signed(self.extra))
    }

    fn left(&self) -> Option<u64> {
        let used = self.used.try_into().unwrap_or_default();
        Some(self.limit()?.saturating_sub(used))
    }

    fn shown(&self, day: &Day) -> String {
        let number = |number: Option<u64>| number.map_or("-".to_owned(), |it| it.to_string());
        let extra = match self.extra {
            0 => String::new(),
            extra => format!("  {extra:+} by an operator"),
        };
        let (period, used) = (day.of(self.span), self.used);
        let (limit, left) = (number(self.limit()), number(self.left()));
        let caller = self.caller;
        format!("{caller:<20}  {period:<10}  {used:>10}  {limit:>10}  {left:>10}{extra}")
    }

    fn to_json(&self, now: &Now) -> Value {
        json!({
            "caller": self.caller,
            "period": self.span.name(),
            "name": now.day.of(self.span),
            "time_zone": now.zone,
            "used": self.used,
            "budget": self.bound,
            "extra": self.extra,
            "left": self.left(),
        })
    }
}

pub(super) async fn show(
    archive: &dyn Archive,
    (callers, now): (&[(CallerName, Budget)], &Now),
    as_json: bool,
    out: &mut dyn Write,
) -> Result<Exit, Trouble> {
    let standing = archive.standing().await?;
    let lines = lines(&standing, callers, &now.day);
    if !as_json {
        let zone = &now.zone;
        writeln!(
            out,
            "{:<20}  {:<10}  {:>10}  {:>10}  {:>10}",
            "caller", "period", "used", "of", "left"
        )?;
        for line in &lines {
            writeln!(out, "{}", line.shown(&now.day))?;
        }
        writeln!(out, "days and months begin at midnight in {zone}")?;
        return Ok(Exit::Success);
    }
    for line in &lines {
        writeln!(out, "{}", line.to_json(now))?;
    }
    Ok(Exit::Success)
}

/// Of all who have a budget, and of those who had one today or this month.
fn lines<'a>(
    standing: &'a Standing,
    callers: &'a [(CallerName, Budget)],
    day: &Day,
) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let named = callers
        .iter()
        .map(|(name, budget)| (name.as_str(), *budget));
    let counted = standing.counts.iter().map(|count| count.caller.as_str());
    let others = counted.filter(|name| !callers.iter().any(|(known, _)| known.as_str() == *name));
    let mut all: Vec<_> = named
        .chain(others.map(|name| (name, Budget::default())))
        .collect();
    all.sort_by_key(|(name, _)| *name);
    all.dedup_by_key(|(name, _)| *name);
    for (caller, budget) in all {
        for span in Span::ALL {
            let of = |count: &&Counted| count.caller == caller && count.period == day.of(span);
            let count = standing.counts.iter().find(of);
            if budget.is_set() || count.is_some() {
                lines.push(Line {
                    caller,
                    span,
                    bound: budget.of(span),
                    used: count.map_or(0, |count| count.used),
                    extra: count.map_or(0, |count| count.extra),
                });
            }
        }
    }
    lines
}

impl Set {
    async fn run(self, out: &mut dyn Write) -> Result<Exit, Trouble> {
        check_note(&self.note)?;
        let remembering = self.reach.remembering()?;
        let names: Vec<_> = remembering.callers.iter().map(|(name, _)| name).collect();
        let caller = known(&names, &self.name)?;
        let budgets = &remembering.callers;
        let budget = budgets.iter().find(|(name, _)| *name == caller);
        let span = self.period.span();
        if budget.is_none_or(|(_, budget)| budget.of(span).is_none()) {
            let text = format!("the entry of {caller} in callers has no {}", span.key());
            return Err(Trouble::refused(
                "NO_BUDGET",
                text,
                "nothing bounds it there",
            ));
        }
        let now = Now::of(&remembering.settings.calendar);
        let archive = open(&remembering.settings, false).await?;
        let allowance = Allowance {
            caller,
            period: now.day.of(span).to_owned(),
            extra: self.extra,
            note: self.note,
        };
        let of_it: Vec<_> = budget.into_iter().cloned().collect();
        archive.allow(allowance).await?;
        show(&*archive, (&of_it, &now), self.reach.json, out).await
    }
}
