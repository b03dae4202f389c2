//! What the binary says of itself: help, completions, manual pages.

use super::{run, text};

#[test]
fn completions_are_printed_for_each_shell() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let script = text(&output.stdout);
        assert!(script.contains("idphoto"), "{shell}");
        assert!(script.contains("min-confidence"), "{shell}");
    }
    assert_eq!(run(&["completions", "none"]).status.code(), Some(64));
}

#[test]
fn bash_reads_its_completions() {
    let script = run(&["completions", "bash"]).stdout;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("idphoto.bash");
    std::fs::write(&file, script).unwrap();
    let read = std::process::Command::new("bash")
        .arg("-n")
        .arg(&file)
        .status();
    assert!(read.unwrap().success());
}

#[test]
fn the_manual_page_is_printed() {
    let output = run(&["man"]);
    assert_eq!(output.status.code(), Some(0));
    let page = text(&output.stdout);
    assert!(page.contains(".TH idphoto 1"), "{page}");
    assert!(page.contains("EXIT STATUS"), "{page}");
}

#[test]
fn the_manual_pages_of_all_commands_are_written() {
    let dir = tempfile::tempdir().unwrap();
    let pages = dir.path().join("man1");
    let output = run(&["man", pages.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout), "");
    for name in ["idphoto.1", "idphoto-verify.1", "idphoto-serve.1"] {
        let page = std::fs::read_to_string(pages.join(name)).unwrap();
        assert!(page.contains(".TH idphoto"), "{name}");
    }
    let page = std::fs::read_to_string(pages.join("idphoto-verify.1")).unwrap();
    assert!(page.contains("confidence below"), "{page}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let below = file.path().join("man1");
    let output = run(&["man", below.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(74));
    let said = text(&output.stderr);
    assert!(said.contains(below.to_str().unwrap()), "{said}");
}

#[test]
fn help_tells_the_exit_codes() {
    for args in [&["--help"][..], &["verify", "--help"], &["verify", "-h"]] {
        let told = text(&run(args).stdout);
        for code in [
            "  0  it did",
            "  3  confidence",
            " 69  no gateway",
            " 75  no answer",
        ] {
            assert!(told.contains(code), "{args:?}: {code} is not in\n{told}");
        }
    }
    let told = text(&run(&["serve", "--help"]).stdout);
    assert!(told.contains(" 78  the configuration"), "{told}");
    assert!(!told.contains(" 75 "), "{told}");
}
