//! `idphoto config`: what the configuration says, and whether it is good.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Subcommand;

use super::exit::Exit;
use crate::app::{self, Preparation};
use crate::config::{Problems, Sources, Survey, schema};
use crate::verify::port::{Clock as _, SystemClock};

/// Check or print the configuration
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read the configuration and every file it names; binds and sends nothing
    Check(Origin),
    /// Print the effective configuration as TOML, without secrets
    Print(Origin),
    /// Print a JSON Schema of the configuration file, for editors
    Schema,
}

/// Where a command's configuration comes from, besides the environment.
#[derive(Debug, Clone, clap::Args)]
pub struct Origin {
    /// Configuration file (TOML); see idphoto.example.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Set one key, over file and environment; can be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
}

impl Origin {
    pub(super) fn survey(&self, sandboxed: bool) -> Survey {
        Survey::of(&self.sources(sandboxed))
    }

    pub(super) fn sources(&self, sandboxed: bool) -> Sources {
        let environment = std::env::vars_os()
            .map(|(name, value)| (lossy(name), lossy(value)))
            .collect();
        Sources {
            file: self.config.clone(),
            environment,
            overrides: self.set.clone(),
            sandboxed,
        }
    }

    /// Lets a flag stand for a key.
    pub(super) fn and(mut self, key: &str, value: Option<String>) -> Self {
        self.set.extend(value.map(|value| (key.to_owned(), value)));
        self
    }
}

pub fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    match args.command {
        Command::Check(origin) => check(&origin, out),
        Command::Print(origin) => match origin.survey(false).into_config() {
            Ok(config) => success(write!(out, "{}", config.print())),
            Err(problems) => refuse(&problems),
        },
        Command::Schema => success(writeln!(out, "{:#}", schema())),
    }
}

fn success(written: io::Result<()>) -> io::Result<Exit> {
    written.map(|()| Exit::Success)
}

fn check(origin: &Origin, out: &mut dyn Write) -> io::Result<Exit> {
    let Preparation {
        outcome, warnings, ..
    } = app::prepare(&origin.survey(false));
    let prepared = match outcome {
        Ok(prepared) => prepared,
        Err(problems) => return refuse(&problems),
    };
    for warning in &warnings {
        writeln!(out, "warning: {warning}")?;
    }
    for warning in prepared.expiring(SystemClock.now()) {
        writeln!(out, "warning: {warning}")?;
    }
    success(writeln!(out, "the configuration is good"))
}

/// Tells what is wrong with the configuration, one line each.
pub(super) fn refuse(errors: &Problems) -> io::Result<Exit> {
    writeln!(io::stderr(), "idphoto: bad configuration\n{errors}")?;
    Ok(Exit::Config)
}

fn lossy(text: std::ffi::OsString) -> String {
    text.to_string_lossy().into_owned()
}

fn assignment(text: &str) -> Result<(String, String), &'static str> {
    text.split_once('=')
        .map(|(key, value)| (key.trim().to_owned(), value.to_owned()))
        .ok_or("expected KEY=VALUE")
}
