//! `idphoto config`: what the configuration says, and whether it is good.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Subcommand;

use super::exit::Exit;
use crate::app;
use crate::config::{Config, ConfigErrors, Sources};
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
    /// Reads file, environment and flags.
    ///
    /// # Errors
    /// Every bad key at once.
    pub(super) fn load(&self, sandboxed: bool) -> Result<Config, ConfigErrors> {
        Config::load(&self.sources(sandboxed))
    }

    /// File, environment and flags, unread.
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

/// Runs the command.
///
/// # Errors
/// Standard output or standard error cannot be written.
pub fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    match args.command {
        Command::Check(origin) => check(&origin, out),
        Command::Print(origin) => print(&origin, out),
    }
}

fn check(origin: &Origin, out: &mut dyn Write) -> io::Result<Exit> {
    let config = match origin.load(false) {
        Ok(config) => config,
        Err(errors) => return refuse(&errors),
    };
    let files = match app::read_files(&config) {
        Ok(files) => files,
        Err(problems) => return refuse(&problems),
    };
    let now = SystemClock.now();
    let certificates = files.certificates.iter();
    let certificates = certificates.filter_map(|certificate| certificate.warning(now));
    let warnings = config.warnings().into_iter().chain(certificates);
    for warning in warnings.chain(files.warnings.iter().cloned()) {
        writeln!(out, "warning: {warning}")?;
    }
    writeln!(out, "the configuration is good")?;
    Ok(Exit::Success)
}

fn print(origin: &Origin, out: &mut dyn Write) -> io::Result<Exit> {
    match origin.load(false) {
        Ok(config) => {
            write!(out, "{}", config.print())?;
            Ok(Exit::Success)
        }
        Err(errors) => refuse(&errors),
    }
}

/// Tells what is wrong with the configuration, one line each.
pub(super) fn refuse(errors: &dyn std::fmt::Display) -> io::Result<Exit> {
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
