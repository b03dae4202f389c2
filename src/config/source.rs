//! Where a configuration comes from, and the value that each key has in the end.

use std::path::PathBuf;

use super::file;
use super::key::{Key, Keys};
use super::problem::Origin;
use super::settings::{Settings, shown};

const PREFIX: &str = "IDPHOTO_";

const PART: &str = "__";

/// So many wrong letters are a slip and not another word.
const SLIP: usize = 2;

/// Where a configuration comes from, weakest first. It has no Debug: the environment is full
/// of secrets, other programs' too.
#[derive(Clone, Default)]
pub struct Sources {
    /// `--config`: a TOML file.
    pub file: Option<PathBuf>,
    /// The environment. `upi.signing.kid` is `IDPHOTO_UPI__SIGNING__KID`. Names without the
    /// prefix `IDPHOTO_` are ignored.
    pub environment: Vec<(String, String)>,
    /// `--set section.key=value`, and flags that stand for it; the last one wins.
    pub overrides: Vec<(String, String)>,
    /// `serve --sandbox`: UPI's path, our app id and the member may be left out; UPI's
    /// address and keys must be.
    pub sandboxed: bool,
}

/// All sources together.
pub fn gather(keys: Keys, sources: &Sources) -> Settings {
    let mut settings = Settings::new(keys);
    if let Some(path) = &sources.file {
        file::read(path, &mut settings);
    }
    let mut environment: Vec<_> = sources.environment.iter().collect();
    environment.sort();
    for (name, text) in environment {
        variable(&mut settings, name, text);
    }
    for (path, text) in &sources.overrides {
        override_key(&mut settings, path, text);
    }
    settings
}

fn variable(settings: &mut Settings, name: &str, text: &str) {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return;
    };
    let origin = Origin::Environment(name.to_owned());
    if let Some(key) = settings.keys.iter().find(|key| key.variable() == name) {
        settings.set(key, key.value(text), origin);
    } else if rest.contains(PART) {
        let path = rest.replace(PART, ".").to_ascii_lowercase();
        let nearest = settings.keys.nearest(&path).map(Key::variable);
        settings.unknown(shown(&path), origin, nearest);
    } else if let Some(key) = settings.keys.iter().find(|key| is_slip_of(key, name)) {
        settings.unknown(shown(name), origin, Some(key.variable()));
    }
    // Other names with single underscores are not ours: beside a service called
    // "idphoto", Kubernetes sets IDPHOTO_PORT, IDPHOTO_SERVICE_HOST and more.
}

fn override_key(settings: &mut Settings, path: &str, text: &str) {
    let origin = Origin::CommandLine;
    match settings.keys.find(path) {
        Some(key) => settings.set(key, key.value(text), origin),
        None => {
            let nearest = settings.keys.nearest(path).map(|key| key.path().to_owned());
            settings.unknown(shown(path), origin, nearest);
        }
    }
}

/// Whether a variable is this key's with single underscores, give or take a letter.
fn is_slip_of(key: &Key, name: &str) -> bool {
    let single = key.variable().replace(PART, "_");
    strsim::damerau_levenshtein(&single, name) <= SLIP
}
