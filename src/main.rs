//! Runs the command line and maps its end to an exit code.

use std::process::ExitCode;

/// glibc gives the large buffers of every call back to the system and takes them again,
/// page by page; this keeps them. It asks for no huge pages (`no_thp`): to give a thread a few
/// kilobytes the kernel would clear two megabytes, and health would wait for that. 2,000 calls at
/// once over 32 connections: health p99 21 ms in place of 89, 235 MB in place of 299
/// (`cargo bench --bench verification -- burst`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    idphoto::cli::main().into()
}
