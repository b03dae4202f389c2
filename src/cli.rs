//! What an operator types: `idphoto COMMAND`.

use std::error::Error;
use std::io::{self, Write};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use tokio::runtime::Builder;

mod answer;
mod client;
mod config;
mod demo;
mod doctor;
mod exit;
mod get;
mod health;
mod input;
mod keys;
mod ledger;
mod pages;
mod sandbox;
mod serve;
mod stack;
#[cfg(feature = "top")]
mod top;
mod verify;

use client::{Failure, Subject};
use exit::Exit;

use crate::app::end_token_calls;
use crate::telemetry::flush_log;
use crate::workers;

/// ID photo verification through UnionPay International, as a gRPC service
#[derive(Debug, Parser)]
#[command(name = "idphoto", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Serve(serve::Args),
    Sandbox(sandbox::Args),
    Verify(Box<verify::Args>),
    Get(get::Args),
    Health(health::Args),
    #[cfg(feature = "top")]
    Top(top::Args),
    Config(config::Args),
    Doctor(doctor::Args),
    Keys(keys::Args),
    Ledger(ledger::Args),
    Budget(ledger::budget::Args),
    Callers(ledger::callers::Args),
    Completions(pages::Completions),
    Man(pages::Man),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> Exit {
    let parsed = definition().try_get_matches();
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(usage) => return explain(&usage),
    };
    let exit = run(cli.command).unwrap_or_else(|error| {
        // A reader that has gone away (`idphoto … | head`) needs no explanation.
        if error.kind() != io::ErrorKind::BrokenPipe {
            complain(&error);
        }
        Exit::Files
    });
    flush_log();
    exit
}

/// The command line, with the exit codes of each command in its help.
fn definition() -> clap::Command {
    let help = |command: &str| {
        let codes =
            exit::Exit::of(command).map(|(code, meaning)| format!("  {code:>2}  {meaning}"));
        format!("Exit codes:\n{}", codes.collect::<Vec<_>>().join("\n"))
    };
    Cli::command()
        .after_help(help("idphoto"))
        .mut_subcommands(|command| {
            let codes = help(command.get_name());
            command.after_help(codes)
        })
}

fn run(command: Command) -> io::Result<Exit> {
    let mut threads = Builder::new_multi_thread();
    let runtime = workers::RUNTIME.watch(&mut threads).enable_all().build()?;
    let mut out = io::stdout();
    let exit = runtime.block_on(dispatch(command, &mut out))?;
    out.flush()?;
    // A blocked task (a DNS lookup, a read of standard input) must not hold up the end.
    runtime.shutdown_background();
    end_token_calls();
    Ok(exit)
}

/// A command tells what goes wrong, and ends with its code; an error is that this cannot be told.
async fn dispatch(command: Command, out: &mut dyn Write) -> io::Result<Exit> {
    match command {
        Command::Demo(args) => demo::run(args, out).await,
        Command::Serve(args) => serve::run(args, out).await,
        Command::Sandbox(args) => sandbox::run(args, out).await,
        Command::Verify(args) => verify::run(*args, out).await,
        Command::Get(args) => get::run(args, out).await,
        Command::Health(args) => health::run(args, out).await,
        #[cfg(feature = "top")]
        Command::Top(args) => top::run(args, out).await,
        Command::Config(args) => config::run(args, out),
        Command::Doctor(args) => doctor::run(args, out).await,
        Command::Keys(args) => keys::run(args, out),
        Command::Ledger(args) => ledger::run(args, out).await,
        Command::Budget(args) => ledger::budget::run(args, out).await,
        Command::Callers(args) => ledger::callers::run(args, out).await,
        Command::Completions(args) => pages::completions(&args, out),
        Command::Man(args) => pages::man(&args, out),
    }
}

/// Help and version go to standard output and are a success; the rest is bad usage, told as
/// JSON, too, where that is asked for.
fn explain(usage: &clap::Error) -> Exit {
    let asked = !usage.use_stderr();
    if !asked && wants_json() {
        let failure = Failure::usage(in_brief(usage));
        let told = failure.tell(true, Subject::Nothing, &mut io::stdout());
        if told.is_err() {
            return Exit::Files;
        }
    }
    match (usage.print(), asked) {
        (Ok(()), true) => Exit::Success,
        (Ok(()), false) => Exit::Usage,
        (Err(_), _) => Exit::Files,
    }
}

/// The first words of clap's. Half a name that was not quoted (`--name Li Lei`) is not among
/// them: JSON is kept where a terminal's lines are not.
fn in_brief(usage: &clap::Error) -> String {
    let text = usage.render().to_string();
    let message = text.split("\n\n").next().unwrap_or_default();
    match usage.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word))
            if usage.kind() == ErrorKind::UnknownArgument && !word.starts_with('-') =>
        {
            "an argument too many".to_owned()
        }
        _ => message.trim_start_matches("error: ").to_owned(),
    }
}

/// What clap could not read is read for this one word.
fn wants_json() -> bool {
    std::env::args_os()
        .take_while(|argument| argument != "--")
        .any(|argument| argument == "--json")
}

fn complain(error: &dyn Error) {
    // When standard error is gone, too, there is nobody left to tell.
    let _ = input::complain(error);
}
