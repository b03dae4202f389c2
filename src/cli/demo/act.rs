//! The scenes of the demo, what each must end with, and what went over the wire, without anybody's
//! data.

use std::io::{self, Write};
use std::time::Duration;

use tonic::transport::Channel;
use tonic::{Request, Status};

use super::sample;
use crate::cli::answer;
use crate::cli::client::Failure;
use crate::cli::get;
use crate::cli::stack::Stack;
use crate::pb::id_photo_service_client::IdPhotoServiceClient;
use crate::pb::verify_id_photo_response::Outcome;
use crate::pb::{Customer, VerificationState, VerifyIdPhotoRequest, VerifyIdPhotoResponse};

/// Between two questions for a slow answer, and how many are asked.
const PAUSE: Duration = Duration::from_millis(250);
const QUESTIONS: u32 = 40;

type Client = IdPhotoServiceClient<Channel>;

pub(super) struct Act {
    pub(super) title: &'static str,
    scenario: &'static str,
    deadline: Duration,
    spoil: bool,
    expected: Expected,
}

enum Expected {
    Confidence(u32),
    Code(&'static str),
    Violations(usize),
    LateConfidence(u32),
}

const USUAL: Duration = Duration::from_secs(20);

pub(super) const ACTS: [Act; 4] = [
    Act {
        title: "A face that matches",
        scenario: "sandbox:confidence=97",
        deadline: USUAL,
        spoil: false,
        expected: Expected::Confidence(97),
    },
    Act {
        title: "A person whom UPI's source does not confirm: an answer, not an error",
        scenario: "sandbox:code=70",
        deadline: USUAL,
        spoil: false,
        expected: Expected::Code("70"),
    },
    Act {
        title: "A request with three bad fields: nothing is sent, nothing is paid",
        scenario: "demonstration",
        deadline: USUAL,
        spoil: true,
        expected: Expected::Violations(3),
    },
    Act {
        title: "A caller with one second for an answer that takes three",
        scenario: "sandbox:delay=3s,confidence=88",
        deadline: Duration::from_secs(1),
        spoil: false,
        expected: Expected::LateConfidence(88),
    },
];

impl Act {
    /// Plays the scene and tells it; `false` when it ended otherwise than expected.
    pub(super) async fn perform(
        &self,
        channel: &Channel,
        stack: &Stack,
        out: &mut dyn Write,
    ) -> io::Result<bool> {
        let mut client = Client::new(channel.clone());
        let request = self.request()?;
        let order_id = request.order_id.clone();
        asked(&request, self.deadline, out)?;
        let mut call = Request::new(request);
        call.set_timeout(self.deadline);
        let result = client.verify_id_photo(call).await;
        sent(stack, &order_id, out)?;
        let ended = result.map(tonic::Response::into_inner);
        came(ended.as_ref(), out)?;
        match &self.expected {
            Expected::LateConfidence(confidence) => {
                let late =
                    pending(ended) && ask_again(&mut client, &order_id, *confidence, out).await?;
                Ok(late)
            }
            expected => Ok(expected.is_met_by(ended)),
        }
    }

    fn request(&self) -> io::Result<VerifyIdPhotoRequest> {
        let mut request = sample::request(self.scenario)?;
        if self.spoil {
            request.customer = Some(Customer {
                name: "Li Lei".to_owned(),
                id_number: "110105194912310021".to_owned(),
            });
            request.photo = b"GIF89a".as_slice().into();
        }
        Ok(request)
    }
}

impl Expected {
    fn is_met_by(&self, ended: Result<VerifyIdPhotoResponse, Status>) -> bool {
        match (self, ended) {
            (Self::Confidence(expected), Ok(response)) => confidence(&response) == Some(*expected),
            (Self::Code(expected), Ok(response)) => {
                matches!(response.outcome, Some(Outcome::Rejection(r)) if r.code == *expected)
            }
            (Self::Violations(expected), Err(status)) => {
                Failure::from(status).violations.len() == *expected
            }
            _ => false,
        }
    }
}

fn pending(ended: Result<VerifyIdPhotoResponse, Status>) -> bool {
    ended.is_err_and(|status| Failure::from(status).reason == "ANSWER_PENDING")
}

async fn ask_again(
    client: &mut Client,
    order_id: &str,
    expected: u32,
    out: &mut dyn Write,
) -> io::Result<bool> {
    writeln!(out, "   GetVerification, until the answer is there:")?;
    for _ in 0..QUESTIONS {
        tokio::time::sleep(PAUSE).await;
        let found = get::find(client, order_id).await.ok();
        if let Some(response) = found.as_ref().and_then(|found| found.result.as_ref()) {
            came(Ok(response), out)?;
            return Ok(confidence(response) == Some(expected));
        }
        if found.is_none_or(|found| found.state() != VerificationState::InFlight) {
            return Ok(false);
        }
    }
    Ok(false)
}

fn confidence(response: &VerifyIdPhotoResponse) -> Option<u32> {
    match &response.outcome {
        Some(Outcome::Comparison(comparison)) => Some(comparison.confidence),
        _ => None,
    }
}

fn asked(
    request: &VerifyIdPhotoRequest,
    deadline: Duration,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(
        out,
        "   asked    order {}, photo of {} bytes, deadline {}",
        request.order_id,
        request.photo.len(),
        humantime::format_duration(deadline)
    )
}

/// What the sandbox received, its protected headers decoded.
fn sent(stack: &Stack, order_id: &str, out: &mut dyn Write) -> io::Result<()> {
    let Some(post) = stack.last_post(order_id) else {
        return writeln!(out, "   sent     nothing");
    };
    writeln!(
        out,
        "   sent     {} POST, {} bytes of JSON; name and ID number encrypted, all of it signed",
        post.posts, post.body_bytes
    )?;
    writeln!(out, "   encData  {}", post.jwe_header)?;
    writeln!(out, "   UPI-JWS  {}", post.jws_header)
}

fn came(ended: Result<&VerifyIdPhotoResponse, &Status>, out: &mut dyn Write) -> io::Result<()> {
    let text = match ended {
        Ok(response) => answer::to_text(response),
        Err(status) => Failure::from(status.clone()).to_text(),
    };
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    writeln!(out, "   came     {first}")?;
    rest.lines()
        .try_for_each(|line| writeln!(out, "          {line}"))
}
