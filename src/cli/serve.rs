//! `idphoto serve`: the gateway.

use std::error::Error;
use std::io::{self, Write};

use super::config::{Origin, refuse};
use super::exit::Exit;
use super::input;
use super::stack::{StackError, Upstream};
use crate::app::{self, App, AppError, Room};
use crate::config::Config;
use crate::shutdown;
use crate::telemetry::{Expiry, Service, Telemetry, TelemetryError, flush_log};
use crate::verify::port::{Clock as _, SystemClock};

/// Run the gateway until SIGTERM or SIGINT
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    origin: Origin,
    /// Address and port to serve gRPC on, for server.listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Let a sandbox with keys made on the spot play UPI, in this process
    #[arg(long)]
    sandbox: bool,
}

/// Why the gateway does not serve.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    #[error(transparent)]
    Stack(#[from] StackError),
    #[error("the gateway does not start")]
    Gateway(#[from] AppError),
    #[error("the addresses cannot be printed")]
    Output(#[from] io::Error),
}

/// Runs the command.
///
/// # Errors
/// Standard output or standard error cannot be written.
pub async fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    let origin = args.origin.and("server.listen", args.listen);
    let config = match origin.load(args.sandbox) {
        Ok(config) => config,
        Err(errors) => return refuse(&errors),
    };
    let ended = if args.sandbox {
        sandboxed(&config, out).await
    } else {
        match app::read_files(&config) {
            Ok(files) => serve(&config, files, out).await,
            Err(problems) => return refuse(&problems),
        }
    };
    // What the log says stands before the error that ends it all.
    flush_log();
    match ended {
        Ok(()) => Ok(Exit::Success),
        Err(error) => {
            input::complain(&error)?;
            Ok(exit(&error))
        }
    }
}

async fn serve(config: &Config, files: app::Files, out: &mut dyn Write) -> Result<(), ServeError> {
    let room = Room::find(config, 1);
    let telemetry = start(config, room, expiries(&files))?;
    let now = SystemClock.now();
    for certificate in &files.certificates {
        if let Some(warning) = certificate.warning(now) {
            tracing::warn!("{warning}");
        }
    }
    for warning in &files.warnings {
        tracing::warn!("{warning}");
    }
    let (settings, keys) = app::upi_settings(config, files);
    let app = App::open(config, room, settings, &keys, telemetry.observer()).await?;
    drop(keys);
    let app = app.with_admin(config, &telemetry).await?;
    let stopped = stopped(&app);
    announce(config, &app, out)?;
    app.run(stopped, telemetry).await;
    Ok(())
}

async fn sandboxed(config: &Config, out: &mut dyn Write) -> Result<(), ServeError> {
    let room = Room::find(config, Upstream::EACH_ORDER);
    let telemetry = start(config, room, Vec::new())?;
    let upstream = Upstream::start(config, telemetry.observer()).await?;
    let app = upstream.gateway(config, room, telemetry.observer()).await?;
    let app = app.with_admin(config, &telemetry).await?;
    writeln!(out, "sandbox listening on {}", upstream.url.as_str())?;
    let stopped = stopped(&app);
    announce(config, &app, out)?;
    app.run(stopped, telemetry).await;
    upstream.stop().await;
    Ok(())
}

/// Resolves at the first signal; the second one gives up what the drain waits for. Signals of
/// another meaning do nothing.
fn stopped(app: &App) -> impl Future<Output = ()> + Send + use<> {
    let under_way = app.under_way();
    shutdown::ignore_others();
    shutdown::signal_or_end(move |wish| {
        let (signal, left) = (wish.name(), under_way.now());
        if left.is_none() {
            tracing::info!(
                signal,
                "a second signal: ended at once; nothing was under way"
            );
            return;
        }
        tracing::warn!(
            signal,
            calls = left.calls,
            orders = left.orders,
            "a second signal: ended at once; {left} are given up, and their outcome is unknown"
        );
    })
}

/// When certificates end, for the metrics.
fn expiries(files: &app::Files) -> Vec<Expiry> {
    let certificates = files.certificates.iter();
    let expiry = |certificate: &app::CertificateFacts| Expiry {
        role: certificate.role.name(),
        kid: certificate.kid.as_str().to_owned(),
        at: certificate.not_after,
    };
    certificates.map(expiry).collect()
}

fn start(config: &Config, room: Room, expiries: Vec<Expiry>) -> Result<Telemetry, TelemetryError> {
    let service = Service {
        name: "idphoto",
        max_in_flight: room.orders,
        expiries,
    };
    Telemetry::start(&config.telemetry, service)
}

/// Says where the gateway listens, and what an operator should not learn by accident.
fn announce(config: &Config, app: &App, out: &mut dyn Write) -> io::Result<()> {
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    if config.server.tls.is_none() {
        tracing::warn!("gRPC is served in plaintext: server.tls is not set");
    }
    if let Some(address) = app.admin_addr() {
        writeln!(out, "admin listening on http://{address}")?;
    }
    if let Some(address) = app.health_addr() {
        writeln!(out, "health listening on {address}")?;
    }
    writeln!(out, "gRPC listening on {}", app.local_addr())?;
    out.flush()
}

/// What UPI's side refuses at the start is configuration; a port that is taken is not.
fn exit(error: &(dyn Error + 'static)) -> Exit {
    match error.downcast_ref() {
        Some(ServeError::Gateway(AppError::Upi(_))) => Exit::Config,
        _ => Exit::Failure,
    }
}
