//! The configuration: where it comes from, what is refused, and what its reference says.

mod limits;
mod problems;
mod reference;
mod sources;

use std::path::PathBuf;

use idphoto::config::{Config, Problems, Sources};
use tempfile::TempDir;

/// Everything that a gateway in front of UPI needs, and nothing else.
const MANDATORY: &str = r#"
[upi]
base_url = "https://upi.example"
request_path = "/uais/id-photo/v1/verify"
app_id = "00520446"
verification = [{ kid = "1500000001", key_file = "verification.pem" }]
[upi.signing]
kid = "1555570302"
key_file = "signing.key"
[upi.encryption]
kid = "1500000002"
key_file = "encryption.pem"
[member]
iin = "01234567"
name = "Example Bank"
"#;

/// A configuration file in a directory of its own.
struct File {
    path: PathBuf,
    _directory: TempDir,
}

impl File {
    fn new(text: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("idphoto.toml");
        std::fs::write(&path, text).unwrap();
        Self {
            path,
            _directory: directory,
        }
    }

    fn sources(&self) -> Sources {
        Sources {
            file: Some(self.path.clone()),
            ..Sources::default()
        }
    }

    fn load(&self) -> Result<Config, Problems> {
        Config::load(&self.sources())
    }
}

fn load(text: &str) -> Result<Config, Problems> {
    File::new(text).load()
}

fn pairs(given: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    given.iter().map(owned).collect()
}

/// The mandatory keys from a file, and these from the command line.
fn load_with(overrides: &[(&str, &str)]) -> Result<Config, Problems> {
    Config::load(&Sources {
        overrides: pairs(overrides),
        ..File::new(MANDATORY).sources()
    })
}

/// No file, and these from the command line.
fn load_sandboxed(overrides: &[(&str, &str)]) -> Result<Config, Problems> {
    Config::load(&Sources {
        overrides: pairs(overrides),
        sandboxed: true,
        ..Sources::default()
    })
}

/// The paths of all that is wrong.
fn places(loaded: Result<Config, Problems>) -> Vec<String> {
    let errors = loaded.unwrap_err();
    errors.iter().map(|problem| problem.place.clone()).collect()
}
