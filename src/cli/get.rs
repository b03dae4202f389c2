//! `idphoto get`: what is known of an order.

use std::io::{self, Write};

use serde_json::json;
use tonic::transport::Channel;

use super::answer;
use super::client::{Failure, Subject, Target};
use super::exit::Exit;
use crate::pb::id_photo_service_client::IdPhotoServiceClient;
use crate::pb::{GetVerificationRequest, GetVerificationResponse};

/// Show what is known of an order; sends nothing to UPI
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    target: Target,
    /// The order id, 35 characters
    order_id: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command. It succeeds when the order has an answer.
pub async fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    match ask(&args).await {
        Ok(found) => show(&found, args.json, out),
        Err(failure) => failure.tell(args.json, Subject::Order(&args.order_id), out),
    }
}

async fn ask(args: &Args) -> Result<GetVerificationResponse, Failure> {
    let channel = args.target.connect().await?;
    find(&mut IdPhotoServiceClient::new(channel), &args.order_id).await
}

pub(super) async fn find(
    client: &mut IdPhotoServiceClient<Channel>,
    order_id: &str,
) -> Result<GetVerificationResponse, Failure> {
    let order_id = order_id.to_owned();
    let request = GetVerificationRequest { order_id };
    Ok(client.get_verification(request).await?.into_inner())
}

fn show(found: &GetVerificationResponse, as_json: bool, out: &mut dyn Write) -> io::Result<Exit> {
    let state = found.state().as_str_name();
    let state = state.trim_start_matches("VERIFICATION_STATE_");
    let result = found.result.as_ref();
    if as_json {
        let result = result.map(answer::to_json);
        let order_id = &found.order_id;
        writeln!(
            out,
            "{}",
            json!({"order_id": order_id, "state": state, "result": result})
        )?;
    } else {
        writeln!(out, "{state}")?;
        if let Some(result) = result {
            writeln!(out, "{}", answer::to_text(result))?;
        }
    }
    Ok(result.map_or(Exit::NoAnswer, |_| Exit::Success))
}
