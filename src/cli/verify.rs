//! `idphoto verify`: one verification, from the command line.

use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use time::OffsetDateTime;
use tonic::Request;
use tonic::transport::Channel;

use super::answer;
use super::client::{Failure, Subject, Target};
use super::exit::Exit;
use super::get;
use super::input::{self, InputError};
use crate::domain::OrderId;
use crate::pb::id_photo_service_client::IdPhotoServiceClient;
use crate::pb::verify_id_photo_response::Outcome;
use crate::pb::{
    Consent, Customer, VerificationState, VerifyIdPhotoRequest, VerifyIdPhotoResponse,
};

/// Between two looks at an answer that is still awaited.
const POLL: Duration = Duration::from_millis(500);

/// Verify a name, an ID number and a photo
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    target: Target,
    /// JPEG or PNG, at most 153600 bytes
    #[arg(long, value_name = "FILE")]
    photo: PathBuf,
    /// JSON file with "name" and "id_number"; - reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "id_number"], required_unless_present_all = ["name", "id_number"])]
    customer_file: Option<PathBuf>,
    /// The customer's name (other users of this machine can see it: prefer --customer-file)
    #[arg(long, requires = "id_number")]
    name: Option<String>,
    /// The customer's ID number (other users of this machine can see it)
    #[arg(long, requires = "name")]
    id_number: Option<String>,
    /// What the verification is used in, 2 to 40 characters
    #[arg(long, value_name = "TEXT")]
    usage_scenario: String,
    /// What the verification is for, 2 to 128 characters
    #[arg(long, value_name = "TEXT")]
    purpose: String,
    /// Name and version of the signed agreement, 2 to 128 characters
    #[arg(long, value_name = "TEXT")]
    agreement_version: String,
    /// Serial number of the signed agreement, 14 to 64 letters and digits
    #[arg(long, value_name = "TEXT")]
    agreement_serial: String,
    /// 35 characters; minted when absent. Repeat a command with the same one
    #[arg(long)]
    order_id: Option<String>,
    /// End with exit code 3 when the confidence is lower, or nothing was compared
    #[arg(long, value_name = "0-100", value_parser = clap::value_parser!(u32).range(0..=100), conflicts_with = "validate_only")]
    min_confidence: Option<u32>,
    /// Run all checks and send nothing
    #[arg(long)]
    validate_only: bool,
    /// Longest wait for the answer
    #[arg(long, value_name = "DURATION", default_value = "90s", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerFile {
    name: String,
    id_number: String,
}

pub async fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    let request = match request(&args) {
        Ok(request) => request,
        Err(error) => return Failure::from(error).tell(args.json, Subject::Nothing, out),
    };
    let order_id = request.order_id.clone();
    // Told before the call: whatever happens to this process, the order can be asked for.
    writeln!(io::stderr(), "order {order_id}")?;
    let channel = match args.target.connect().await {
        Ok(channel) => channel,
        Err(error) => {
            return Failure::from(error).tell(args.json, Subject::Order(&order_id), out);
        }
    };
    let spinner = spinner();
    let result = verify(channel, request, args.timeout).await;
    spinner.finish_and_clear();
    let exit = show(&order_id, &result, args.json, out)?;
    Ok(match (&result, args.min_confidence) {
        (Ok(response), Some(least)) if !reaches(response, least) => Exit::NotConfident,
        _ => exit,
    })
}

/// A rejection compared nothing, so it reaches nothing.
fn reaches(response: &VerifyIdPhotoResponse, least: u32) -> bool {
    match &response.outcome {
        Some(Outcome::Comparison(comparison)) => comparison.confidence >= least,
        Some(Outcome::Rejection(_)) | None => false,
    }
}

fn show(
    order_id: &str,
    result: &Result<VerifyIdPhotoResponse, Failure>,
    as_json: bool,
    out: &mut dyn Write,
) -> io::Result<Exit> {
    match (result, as_json) {
        (Ok(response), false) => writeln!(out, "{}", answer::to_text(response))?,
        (Ok(response), true) => writeln!(out, "{}", answer::to_json(response))?,
        (Err(failure), _) => return failure.tell(as_json, Subject::Order(order_id), out),
    }
    Ok(Exit::Success)
}

/// Calls, and turns ANSWER_PENDING into the answer by asking again.
async fn verify(
    channel: Channel,
    request: VerifyIdPhotoRequest,
    patience: Duration,
) -> Result<VerifyIdPhotoResponse, Failure> {
    let end = tokio::time::Instant::now() + patience;
    let mut client = IdPhotoServiceClient::new(channel);
    let order_id = request.order_id.clone();
    let mut request = Request::new(request);
    request.set_timeout(patience);
    let mut failure = match client.verify_id_photo(request).await {
        Ok(response) => return Ok(response.into_inner()),
        Err(status) => Failure::from(status),
    };
    while failure.dispatch == "IN_FLIGHT" && tokio::time::Instant::now() < end {
        tokio::time::sleep(POLL).await;
        match get::find(&mut client, &order_id).await {
            Ok(found) if found.state() == VerificationState::InFlight => {}
            Ok(found) => {
                if let Some(response) = found.result {
                    return Ok(response);
                }
            }
            Err(status) => failure = status,
        }
    }
    Err(failure)
}

fn request(args: &Args) -> Result<VerifyIdPhotoRequest, InputError> {
    let order_id = match &args.order_id {
        Some(order_id) => order_id.clone(),
        None => OrderId::mint(OffsetDateTime::now_utc())?.to_string(),
    };
    Ok(VerifyIdPhotoRequest {
        order_id,
        customer: Some(customer(args)?),
        photo: input::read(&args.photo)?.into(),
        consent: Some(Consent {
            usage_scenario: args.usage_scenario.clone(),
            purpose: args.purpose.clone(),
            agreement_version: args.agreement_version.clone(),
            agreement_serial: args.agreement_serial.clone(),
        }),
        merchant: None,
        validate_only: args.validate_only,
    })
}

fn customer(args: &Args) -> Result<Customer, InputError> {
    let Some(path) = &args.customer_file else {
        return Ok(Customer {
            name: args.name.clone().unwrap_or_default(),
            id_number: args.id_number.clone().unwrap_or_default(),
        });
    };
    // serde's own error text may quote the file, so it is dropped.
    let customer: CustomerFile =
        serde_json::from_slice(&input::read_text(path)?).map_err(|_| InputError::Customer)?;
    Ok(Customer {
        name: customer.name,
        id_number: customer.id_number,
    })
}

/// Shown on a terminal only; indicatif hides it elsewhere.
fn spinner() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message("waiting for UPI's answer");
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
    if let Ok(style) = style {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}
