//! `idphoto health`: the container's health check.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::client::{Failure, Subject, Target};
use super::exit::Exit;

const PATIENCE: Duration = Duration::from_secs(5);

/// Ask a gateway for its health; succeeds when it is SERVING
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    target: Target,
    /// "" and idphoto.v1.IdPhotoService (calls are accepted), live (the process runs) or upi (it answered last)
    #[arg(long, default_value = "", value_name = "NAME")]
    service: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    let status = match ask(&args).await {
        Ok(status) => status,
        Err(failure) => return failure.tell(args.json, Subject::Health(&args.service), out),
    };
    let name = status.as_str_name();
    if args.json {
        writeln!(out, "{}", json!({"service": args.service, "status": name}))?;
    } else {
        writeln!(out, "{name}")?;
    }
    Ok(match status {
        ServingStatus::Serving => Exit::Success,
        _ => Exit::Failure,
    })
}

async fn ask(args: &Args) -> Result<ServingStatus, Failure> {
    let mut client = HealthClient::new(args.target.connect().await?);
    let check = client.check(HealthCheckRequest {
        service: args.service.clone(),
    });
    match timeout(PATIENCE, check).await {
        Ok(Ok(response)) => Ok(response.into_inner().status()),
        // The protocol's way to say that it does not know this name.
        Ok(Err(status)) if status.code() == Code::NotFound => Ok(ServingStatus::ServiceUnknown),
        Ok(Err(status)) => Err(Failure::of_health(status)),
        Err(_) => Err(Failure::no_answer(
            "the health check was not answered in time",
        )),
    }
}
