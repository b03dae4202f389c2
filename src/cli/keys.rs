//! `idphoto keys`: what a key file holds, without any of its secrets.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::client::{Failure, Subject};
use super::exit::Exit;
use super::input::{self, InputError};
use crate::domain::Secret;
use crate::upi::key::{CertificateInfo, Inspection, inspect};

/// Look into key files
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Inspect(InspectArgs),
}

/// Tell form, size and fingerprint of a key or certificate; prints no secret
#[derive(Debug, clap::Args)]
struct InspectArgs {
    /// PEM, DER, bare base64 DER, or PKCS#12
    file: PathBuf,
    /// File with the passphrase of an encrypted key
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    let Command::Inspect(args) = args.command;
    match look(&args) {
        Ok(found) => {
            show(&found, args.json, out)?;
            Ok(Exit::Success)
        }
        Err(error) => Failure::from(error).tell(args.json, Subject::Nothing, out),
    }
}

fn look(args: &InspectArgs) -> Result<Inspection, InputError> {
    let bytes = Secret::new(input::read_text(&args.file)?);
    let passphrase = args.passphrase_file.as_deref().map(input::read_passphrase);
    let passphrase = passphrase.transpose()?;
    Ok(inspect(bytes.expose(), passphrase.as_ref())?)
}

fn show(found: &Inspection, as_json: bool, out: &mut dyn Write) -> io::Result<()> {
    if as_json {
        return writeln!(out, "{}", to_json(found));
    }
    let kind = if found.private { "private" } else { "public" };
    writeln!(out, "form     {}", found.form)?;
    writeln!(out, "key      RSA, {} bits, {kind}", found.bits)?;
    writeln!(out, "SPKI     sha256 {}", found.spki_sha256)?;
    let Some(certificate) = &found.certificate else {
        return Ok(());
    };
    writeln!(out, "subject  {}", certificate.subject)?;
    writeln!(out, "issuer   {}", certificate.issuer)?;
    writeln!(out, "serial   {} (not UPI's kid)", certificate.serial)?;
    let [not_before, not_after] = validity(certificate);
    writeln!(out, "valid    {not_before} to {not_after}")
}

fn to_json(found: &Inspection) -> Value {
    json!({
        "form": found.form,
        "private": found.private,
        "bits": found.bits,
        "spki_sha256": found.spki_sha256,
        "certificate": found.certificate.as_ref().map(certificate),
    })
}

fn certificate(found: &CertificateInfo) -> Value {
    let [not_before, not_after] = validity(found);
    json!({
        "subject": found.subject,
        "issuer": found.issuer,
        "serial": found.serial,
        "not_before": not_before,
        "not_after": not_after,
    })
}

/// Both ends, RFC 3339.
fn validity(found: &CertificateInfo) -> [String; 2] {
    let ends = [found.validity.not_before, found.validity.not_after];
    // Only years beyond 9999 have no such form, and X.509 has none of those.
    ends.map(|end| end.format(&Rfc3339).unwrap_or_default())
}
