//! The list, the parser and the document are one.

use std::fmt::Write as _;

use super::{list, to_json};
use crate::sandbox::Fault;
use crate::sandbox::scenario::{DIRECTIVES, Scenario};

fn listed() -> String {
    let mut out = Vec::new();
    list(false, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_directive_and_fault_is_listed_with_what_it_does() {
    let text = listed();
    for directive in DIRECTIVES {
        for part in [
            directive.name,
            directive.value,
            directive.what,
            directive.example,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
    for fault in Fault::ALL {
        let line = format!("  {:<16}  {}\n", fault.name(), fault.what());
        assert!(text.contains(&line), "{line} in {text}");
    }
}

#[test]
fn every_example_of_the_json_is_followed() {
    let json = to_json();
    let parts = ["directives", "faults"].map(|part| json[part].as_array().unwrap());
    let examples: Vec<_> = parts.into_iter().flatten().collect();
    assert_eq!(examples.len(), DIRECTIVES.len() + Fault::ALL.len());
    for example in examples {
        let asked = Scenario::parse(example["example"].as_str().unwrap()).unwrap();
        assert_ne!(asked, Scenario::default(), "{example}");
    }
}

/// What is in `docs/sandbox.md` below its introduction.
fn markdown() -> String {
    let mut text = String::from(
        "| directive | value | what the sandbox does | example |\n|---|---|---|---|\n",
    );
    for directive in DIRECTIVES {
        writeln!(
            text,
            "| `{}=` | {} | {} | `{}` |",
            directive.name, directive.value, directive.what, directive.example
        )
        .unwrap();
    }
    text.push_str("\n| fault | what is wrong with the answer |\n|---|---|\n");
    for fault in Fault::ALL {
        writeln!(text, "| `{}` | {} |", fault.name(), fault.what()).unwrap();
    }
    text
}

/// `make docs` sets IDPHOTO_WRITE_DOCS, and the test writes what it would have compared.
#[test]
fn docs_sandbox_md_holds_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sandbox.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (introduction, _) = text.split_once("| directive |").unwrap();
    let expected = format!("{introduction}{}", markdown());
    if std::env::var_os("IDPHOTO_WRITE_DOCS").is_some() {
        std::fs::write(path, expected).unwrap();
        return;
    }
    assert!(
        text == expected,
        "docs/sandbox.md is out of date: run make docs"
    );
}
