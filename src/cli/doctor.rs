//! `idphoto doctor`: what is wrong with the configuration and its keys, or would make UPI
//! refuse.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::config::Origin;
use super::exit::Exit;
use crate::app;
use crate::doctor::{self, Finding, Report, Verdict};
use crate::verify::port::{Clock as _, SystemClock};

/// Say what is wrong with configuration, keys and clock, or would make UPI refuse
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    origin: Origin,
    /// Look at UPI's gateway, too: name, port, TLS and clock; nothing that UPI charges for; at a
    /// PostgreSQL ledger, and at the keys of tokens behind a URL
    #[arg(long)]
    network: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    let survey = args.origin.survey(false);
    let prepared = app::prepare(&survey);
    let mut report = doctor::examine(&survey, &prepared, SystemClock.now());
    let findings = doctor::examine_ledger(&survey, args.network).await;
    report.findings.extend(findings);
    let findings = doctor::examine_tokens(&prepared, args.network).await;
    report.findings.extend(findings);
    if args.network {
        let findings = doctor::examine_network(&survey, &prepared, &SystemClock).await;
        report.findings.extend(findings);
    }
    if args.json {
        writeln!(out, "{}", to_json(&report))?;
    } else {
        show(&report, out)?;
    }
    Ok(match report.verdict() {
        Verdict::Ok | Verdict::Warning => Exit::Success,
        Verdict::Unreachable => Exit::Unavailable,
        Verdict::Wrong => Exit::Config,
    })
}

fn show(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        let Finding {
            check,
            key,
            verdict,
            text,
            advice,
        } = finding;
        write!(out, "{:<8} {check:<13} {key}: {text}", verdict.shown())?;
        match *advice {
            "" => writeln!(out)?,
            advice => writeln!(out, " - {advice}")?,
        }
    }
    writeln!(
        out,
        "{} wrong, {} to look at, of {} checks",
        report.wrong(),
        report.warnings(),
        report.findings.len()
    )
}

fn to_json(report: &Report) -> Value {
    json!({
        "checks": report.findings,
        "wrong": report.wrong(),
        "warnings": report.warnings(),
    })
}
