//! Runs the command line and maps its end to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    idphoto::cli::main().into()
}
