//! `idphoto demo`: the whole thing on this machine, told in a few lines.
//!
//! A sandbox plays UPI with keys made on the spot, a gateway stands in front of it, and
//! sample verifications go through real gRPC, JWE, JWS and HTTP.

use std::io::{self, Write};

use super::client::Target;
use super::exit::Exit;
use super::input;
use super::stack::Stack;
use crate::shutdown;

mod act;
mod sample;

use act::ACTS;

/// Verify sample photos against a sandbox, all on this machine
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Leave sandbox and gateway running, and show how to call them
    #[arg(long)]
    stay: bool,
    /// Print a sample request as JSON (for grpcurl -d @) and exit
    #[arg(long, conflicts_with = "stay")]
    print_request: bool,
}

/// Runs the command. It fails when an answer is not the expected one.
pub async fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    if args.print_request {
        writeln!(out, "{}", sample::request_json()?)?;
        return Ok(Exit::Success);
    }
    let stack = match Stack::sandboxed().await {
        Ok(stack) => stack,
        Err(error) => return failed(&error),
    };
    let exit = perform(&stack, out).await?;
    if args.stay && exit == Exit::Success {
        invite(&stack, out)?;
        shutdown::signal_or_end(|_| {}).await;
    }
    stack.stop().await;
    Ok(exit)
}

async fn perform(stack: &Stack, out: &mut dyn Write) -> io::Result<Exit> {
    writeln!(
        out,
        "sandbox  {}  plays UPI, with keys made just now",
        stack.upi
    )?;
    writeln!(
        out,
        "gateway  {}  gRPC, plaintext on loopback",
        stack.gateway
    )?;
    let channel = match Target::plaintext(&stack.gateway).connect().await {
        Ok(channel) => channel,
        Err(error) => return failed(&error),
    };
    for (number, act) in (1..).zip(ACTS) {
        writeln!(out, "\n{number}. {}", act.title)?;
        if !act.perform(&channel, stack, out).await? {
            writeln!(out, "   this is not what was expected")?;
            return Ok(Exit::Failure);
        }
    }
    writeln!(out, "\nEverything went as expected.")?;
    Ok(Exit::Success)
}

fn invite(stack: &Stack, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\nBoth stay up until Ctrl-C. Try:\n  \
         idphoto demo --print-request | grpcurl -plaintext -d @ {} \
         idphoto.v1.IdPhotoService/VerifyIdPhoto\n  \
         curl {}/orders",
        stack.gateway, stack.upi
    )?;
    out.flush()
}

fn failed(error: &dyn std::error::Error) -> io::Result<Exit> {
    input::complain(error)?;
    Ok(Exit::Failure)
}
