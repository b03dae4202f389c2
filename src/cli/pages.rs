//! `idphoto completions` and `idphoto man`: what packages install beside the binary.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::exit::Exit;

/// Print the completions of a shell
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell that reads them
    shell: Shell,
}

/// Print the manual page, or write the pages of all commands
#[derive(Debug, clap::Args)]
pub struct Man {
    /// Folder for idphoto.1, idphoto-verify.1 and so on; made when absent
    dir: Option<PathBuf>,
}

/// Prints the completions.
pub fn completions(args: &Completions, out: &mut dyn Write) -> io::Result<Exit> {
    // clap_complete panics when it cannot write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::definition(), "idphoto", &mut script);
    out.write_all(&script)?;
    Ok(Exit::Success)
}

/// Prints the first page or writes all of them.
pub fn man(args: &Man, out: &mut dyn Write) -> io::Result<Exit> {
    // Exit codes have a section of their own here.
    let mut root = super::Cli::command().disable_help_subcommand(true);
    root.build();
    match &args.dir {
        None => page(&root, out)?,
        Some(dir) => {
            std::fs::create_dir_all(dir).map_err(|error| at(dir, &error))?;
            pages(&root, dir)?;
        }
    }
    Ok(Exit::Success)
}

fn pages(command: &clap::Command, dir: &Path) -> io::Result<()> {
    let name = clap_mangen::Man::new(command.clone()).get_filename();
    write(command, &dir.join(name))?;
    command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
        .try_for_each(|below| pages(below, dir))
}

fn write(command: &clap::Command, path: &Path) -> io::Result<()> {
    let written = File::create(path).and_then(|file| {
        let mut file = BufWriter::new(file);
        page(command, &mut file)?;
        file.flush()
    });
    written.map_err(|error| at(path, &error))
}

/// The system's words do not say which file they are about.
fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn page(command: &clap::Command, out: &mut dyn Write) -> io::Result<()> {
    let man = clap_mangen::Man::new(command.clone());
    man.render(out)?;
    writeln!(out, ".SH \"EXIT STATUS\"")?;
    for (code, meaning) in Exit::of(owner(command)) {
        writeln!(out, ".TP\n\\fB{code}\\fR\n{}", meaning.replace('-', "\\-"))?;
    }
    Ok(())
}

/// The command whose exit codes hold: of `idphoto keys show` those of `keys`.
fn owner(command: &clap::Command) -> &str {
    let name = command.get_display_name().unwrap_or("idphoto");
    name.split('-').nth(1).unwrap_or("idphoto")
}
