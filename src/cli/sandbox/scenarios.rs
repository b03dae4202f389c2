//! `idphoto sandbox --scenarios`: what a usage scenario can ask of a sandbox.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::sandbox::Fault;
use crate::sandbox::scenario::{DIRECTIVES, Directive, PREFIX};

const INTRODUCTION: &str = "\
A usage scenario (consent.usage_scenario, `idphoto verify --usage-scenario`) that begins with
`sandbox:` picks the sandbox's answer. Several directives are parted by commas, in any order:
`sandbox:delay=3s,confidence=42`. Without one, the confidence follows from the ID number and the
photo.";

pub(super) fn list(as_json: bool, out: &mut dyn Write) -> io::Result<()> {
    if as_json {
        return writeln!(out, "{:#}", to_json());
    }
    writeln!(out, "{INTRODUCTION}\n\nDirectives:")?;
    for Directive {
        name,
        value,
        what,
        example,
        ..
    } in DIRECTIVES
    {
        writeln!(out, "  {name}=  {value}")?;
        writeln!(out, "      {what}. For example {example}")?;
    }
    writeln!(out, "\nFaults ({PREFIX}fault=NAME):")?;
    for fault in Fault::ALL {
        writeln!(out, "  {:<16}  {}", fault.name(), fault.what())?;
    }
    Ok(())
}

fn to_json() -> Value {
    let faults = Fault::ALL.map(|fault| {
        json!({
            "name": fault.name(),
            "what": fault.what(),
            "example": format!("{PREFIX}fault={fault}"),
        })
    });
    json!({
        "prefix": PREFIX,
        "directives": DIRECTIVES,
        "faults": faults,
    })
}

#[cfg(test)]
mod tests;
