//! The text of a configuration file.

#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use idphoto::config::{Config, Problems, Sources};
use idphoto_fuzz::{CANARY, assert_silent};
use libfuzzer_sys::fuzz_target;

/// Written anew for each input: in memory, where the machine has a place for that.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    };
    folder.join(format!("idphoto-fuzz-{}.toml", std::process::id()))
});

fn load(text: &[u8], sandboxed: bool) -> Result<Config, Problems> {
    fs::write(&*FILE, text).unwrap();
    let loaded = Config::load(&Sources {
        file: Some(FILE.clone()),
        sandboxed,
        ..Sources::default()
    });
    fs::remove_file(&*FILE).unwrap();
    loaded
}

/// Each text in it begins with the canary.
fn marked(text: &[u8]) -> Vec<u8> {
    const BEGIN: &str = " = \"";
    let text = String::from_utf8_lossy(text);
    text.replace(BEGIN, &[BEGIN, CANARY].concat()).into_bytes()
}

fuzz_target!(|data: &[u8]| {
    for sandboxed in [false, true] {
        match load(data, sandboxed) {
            // What it prints there has the sandbox's own address.
            Ok(config) if sandboxed => drop(config.print()),
            Ok(config) => {
                let printed = config.print();
                let again = load(printed.as_bytes(), sandboxed);
                let again = again.unwrap_or_else(|errors| panic!("{errors}\n{printed}"));
                assert_eq!(again.print(), printed);
            }
            Err(errors) => {
                assert!(errors.iter().next().is_some(), "no reason is told");
                let errors = load(&marked(data), sandboxed).err();
                assert_silent(&errors.map(|errors| errors.to_string()).unwrap_or_default());
            }
        }
    }
});
