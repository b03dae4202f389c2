//! Runs the command line and maps its end to an exit code.

use std::process::ExitCode;

/// glibc gives the large buffers of every call back to the system and takes them again,
/// page by page; this keeps them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    idphoto::cli::main().into()
}
