//! `idphoto health`: the container's health check.

use std::io::{self, Write};
use std::time::Duration;

use tokio::time::timeout;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::client::Target;
use super::exit::Exit;
use super::input;

const PATIENCE: Duration = Duration::from_secs(5);

/// Ask a gateway for its health; succeeds when it is SERVING
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    target: Target,
    /// "" and idphoto.v1.IdPhotoService (calls are accepted), live (the process runs) or upi (it answered last)
    #[arg(long, default_value = "", value_name = "NAME")]
    service: String,
}

/// Runs the command.
///
/// # Errors
/// Standard output cannot be written.
pub async fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    let channel = match args.target.connect().await {
        Ok(channel) => channel,
        Err(error) => {
            input::complain(&error)?;
            return Ok(Exit::Unavailable);
        }
    };
    let mut client = HealthClient::new(channel);
    let check = client.check(HealthCheckRequest {
        service: args.service,
    });
    let status = match timeout(PATIENCE, check).await {
        Ok(Ok(response)) => response.into_inner().status(),
        Ok(Err(_)) => ServingStatus::ServiceUnknown,
        Err(_) => ServingStatus::Unknown,
    };
    writeln!(out, "{}", status.as_str_name())?;
    Ok(match status {
        ServingStatus::Serving => Exit::Success,
        _ => Exit::Failure,
    })
}
