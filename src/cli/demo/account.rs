//! Tells what went over the wire, without anybody's data.

use std::io::{self, Write};
use std::time::Duration;

use tonic::Status;

use crate::cli::answer;
use crate::cli::client::Failure;
use crate::cli::stack::Stack;
use crate::pb::{VerifyIdPhotoRequest, VerifyIdPhotoResponse};

/// What the caller asks.
pub(super) fn asked(
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
pub(super) fn sent(stack: &Stack, order_id: &str, out: &mut dyn Write) -> io::Result<()> {
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

/// What came back.
pub(super) fn ended(
    ended: Result<&VerifyIdPhotoResponse, &Status>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let text = match ended {
        Ok(response) => answer::to_text(response),
        Err(status) => Failure::from(status.clone()).to_text(),
    };
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    writeln!(out, "   came     {first}")?;
    rest.lines()
        .try_for_each(|line| writeln!(out, "          {line}"))
}
