//! `idphoto serve`: the gateway.

use std::io::{self, Write};
use std::sync::Arc;

use super::config::{Origin, refuse};
use super::exit::Exit;
use super::input;
use super::stack::{Sandboxed, StackError};
use crate::app::{self, App, AppError, Preparation, Prepared, Reason, Room, Seen, Upstream};
use crate::config::{Problem, Sources};
use crate::rpc::Load;
use crate::shutdown::{self, Wish};
use crate::telemetry::{Expiries, Service, Telemetry, TelemetryError, flush_log};
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

pub async fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    let origin = args.origin.and("server.listen", args.listen);
    let sources = origin.sources(args.sandbox);
    let Preparation {
        outcome,
        warnings,
        seen,
        ..
    } = app::read(&sources);
    let prepared = match outcome {
        Ok(prepared) => prepared,
        Err(problems) => return refuse(&problems),
    };
    let ended = serve(prepared, &warnings, (sources, seen), out).await;
    // What the log says stands before the error that ends it all.
    flush_log();
    input::ended(ended, exit)
}

async fn serve(
    mut prepared: Prepared,
    warnings: &[Problem],
    read: (Sources, Seen),
    out: &mut dyn Write,
) -> Result<(), ServeError> {
    let upstream = std::mem::replace(&mut prepared.upstream, Upstream::Sandbox);
    let each_order = match upstream {
        Upstream::Upi { .. } => 1,
        Upstream::Sandbox => Sandboxed::EACH_ORDER,
    };
    let room = Room::find(&prepared.config.server, each_order);
    let telemetry = start(&prepared, room)?;
    let observer = telemetry.observer();
    for warning in warnings.iter().map(ToString::to_string) {
        tracing::warn!("{warning}");
    }
    for warning in prepared.expiring(SystemClock.now()) {
        tracing::warn!("{warning}");
    }
    if let Some(change) = prepared.change(SystemClock.now()) {
        tracing::info!("{change}");
    }
    let (app, sandbox) = match upstream {
        Upstream::Upi { route, keys } => {
            let app = App::open(&prepared, room, *route, &keys, observer).await?;
            (app, None)
        }
        Upstream::Sandbox => {
            let sandbox = Sandboxed::start(&prepared, Arc::clone(&observer)).await?;
            let app = sandbox.gateway(&prepared, room, observer).await?;
            (app, Some(sandbox))
        }
    };
    let app = app.reloading(&prepared, read, &telemetry);
    let app = app.with_admin(&prepared, &telemetry).await?;
    if let Some(sandbox) = &sandbox {
        writeln!(out, "sandbox listening on {}", sandbox.url.as_str())?;
    }
    let stopped = stopped(&app);
    announce(&prepared, &app, out)?;
    app.run(stopped, telemetry).await;
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    Ok(())
}

/// Resolves at the first signal; the second one gives up what the drain waits for. SIGHUP
/// reads the configuration again, and others do nothing.
fn stopped(app: &App) -> impl Future<Output = ()> + Send + use<> {
    let under_way = app.under_way();
    shutdown::ignore_others();
    if let Some(reloader) = app.reloader() {
        shutdown::on_hangup(move || {
            let reloader = Arc::clone(&reloader);
            async move { drop(reloader.reload(Reason::Signal).await) }
        });
    }
    shutdown::signal_or_end(move |wish| {
        tell_of_the_second(wish, under_way.now());
        app::end_token_calls();
    })
}

fn tell_of_the_second(wish: Wish, left: Load) {
    let signal = wish.name();
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
}

fn start(prepared: &Prepared, room: Room) -> Result<Telemetry, TelemetryError> {
    let service = Service {
        name: "idphoto",
        max_in_flight: room.orders,
        expiries: Expiries::of(prepared.expiries()),
        token_sessions: Some(app::token_sessions),
    };
    Telemetry::start(&prepared.telemetry, service)
}

fn announce(prepared: &Prepared, app: &App, out: &mut dyn Write) -> io::Result<()> {
    if prepared.tls.is_none() && app.local_addr().tcp().is_some() {
        tracing::warn!("gRPC is served in plaintext: server.tls is not set");
    }
    match &prepared.callers {
        None => tracing::info!(
            "callers is not set: everybody who reaches the port is the one anonymous caller"
        ),
        Some(rules) => tracing::info!(callers = rules.len(), "callers are known by their identity"),
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
const fn exit(error: &ServeError) -> Exit {
    match error {
        ServeError::Gateway(AppError::Upi(_)) => Exit::Config,
        _ => Exit::Failure,
    }
}
