//! `idphoto sandbox`: UPI's side of the wire, for a gateway that runs elsewhere on this
//! machine.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::exit::Exit;
use super::input;
use super::stack::settings;
use crate::config::{Config, Problems, Sources};
use crate::sandbox::kit::{Kit, KitError};
use crate::sandbox::{Sandbox, SandboxError};
use crate::shutdown;
use crate::telemetry::{self, Service, Telemetry, TelemetryError, flush_log};
use crate::verify::port::SystemClock;

mod scenarios;

/// For the last spans after the end.
const LAST_EXPORT: Duration = Duration::from_secs(2);

/// Play UPI on this machine, for development and tests
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder for the keys of both sides and a configuration for the gateway (idphoto.toml); made when absent
    #[arg(long, value_name = "FOLDER", default_value = "idphoto-sandbox")]
    dir: PathBuf,
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Listen beyond loopback although the sandbox is no service for a network
    #[arg(long)]
    allow_non_loopback: bool,
    /// List what a usage scenario can ask of the sandbox, and exit
    #[arg(long)]
    scenarios: bool,
    /// The list as JSON
    #[arg(long, requires = "scenarios")]
    json: bool,
}

#[derive(Debug, thiserror::Error)]
enum SandboxCommandError {
    #[error("bad configuration\n{0}")]
    Config(#[from] Problems),
    #[error("the keys cannot be made or read")]
    Kit(#[from] KitError),
    #[error("the sandbox does not start")]
    Sandbox(#[from] SandboxError),
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    #[error("a file cannot be written")]
    Files(#[from] io::Error),
}

/// Runs the command: until SIGTERM or SIGINT, unless it is asked for the list only.
pub async fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    if args.scenarios {
        scenarios::list(args.json, out)?;
        return Ok(Exit::Success);
    }
    let played = play(args, out).await;
    flush_log();
    input::ended(played, |_| Exit::Failure)
}

async fn play(args: Args, out: &mut dyn Write) -> Result<(), SandboxCommandError> {
    let telemetry = start()?;
    let config = Config::load(&Sources {
        sandboxed: true,
        ..Sources::default()
    })?;
    let kept = Kit::exists(&args.dir);
    let kit = if kept {
        Kit::open(&args.dir)?
    } else {
        Kit::generate()?
    };
    let keys = kit.upi()?;
    let sandbox = Sandbox::bind(
        settings(&config, args.listen, args.allow_non_loopback),
        &keys,
        Arc::new(SystemClock),
        telemetry.observer(),
    )
    .await?;
    let url = format!("http://{}", sandbox.local_addr());
    // Written only now, so that a start that fails leaves nothing behind.
    if !kept {
        kit.save(&args.dir)?;
    }
    let file = configure(&args.dir, &url)?;
    let stopped = shutdown::signal_or_end(|wish| {
        tracing::info!(signal = wish.name(), "a second signal: ended at once");
    });
    writeln!(out, "sandbox listening on {url}")?;
    writeln!(
        out,
        "a gateway for it: idphoto serve --config {}",
        file.display()
    )?;
    out.flush()?;
    sandbox.run(stopped).await;
    telemetry.finish(LAST_EXPORT).await;
    Ok(())
}

/// Exports only what the standard OTEL_* variables ask for.
fn start() -> Result<Telemetry, TelemetryError> {
    let service = Service {
        name: "idphoto-sandbox",
        ..Service::default()
    };
    Telemetry::start(&telemetry::Settings::default(), service)
}

/// Written at every start, since the port may be another one.
fn configure(dir: &Path, url: &str) -> io::Result<PathBuf> {
    let dir = std::path::absolute(dir)?;
    let file = dir.join("idphoto.toml");
    std::fs::write(&file, Kit::configuration(&dir, url))?;
    Ok(file)
}
