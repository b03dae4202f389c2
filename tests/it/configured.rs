//! A good configuration with keys of its own, to be spoilt in one place at a time.

use std::path::PathBuf;
use std::process::{Output, Stdio};

use tempfile::TempDir;

use crate::keys::{LONG, NEXT, OURS, THEIRS, VERIFYING};
use crate::process::idphoto;

pub struct Configured {
    pub folder: TempDir,
    settings: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Configured {
    /// Our key with its certificate, UPI's encryption key, UPI's signing certificate.
    pub fn new() -> Self {
        let configured = Self {
            folder: tempfile::tempdir().unwrap(),
            settings: Vec::new(),
            environment: Vec::new(),
        };
        configured.write("our.key", &OURS.private_pem());
        configured.write("our.crt", &OURS.certificate_pem(LONG));
        configured.write("encryption.pem", &THEIRS.public_pem());
        configured.write("verification.pem", &VERIFYING.certificate_pem(LONG));
        let path = |name| configured.path(name).display().to_string();
        let text = format!(
            r#"
[upi]
base_url = "https://upi.example"
request_path = "/uais/id-photo/v1/verify"
app_id = "00520446"
verification = [{{ kid = "1500000001", key_file = "{}" }}]
[upi.signing]
kid = "1555570302"
key_file = "{}"
cert_file = "{}"
[upi.encryption]
kid = "1500000002"
key_file = "{}"
[member]
iin = "01234567"
name = "Example Bank"
[ledger]
url = "sqlite:{}"
"#,
            path("verification.pem"),
            path("our.key"),
            path("our.crt"),
            path("encryption.pem"),
            path("ledger.db"),
        );
        configured.write("idphoto.toml", text.as_bytes());
        configured
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file for its owner alone.
    pub fn write(&self, name: &str, bytes: &[u8]) {
        use std::os::unix::fs::PermissionsExt as _;

        std::fs::write(self.path(name), bytes).unwrap();
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(self.path(name), mode).unwrap();
    }

    /// Replaces a file.
    pub fn with(self, name: &str, bytes: &[u8]) -> Self {
        self.write(name, bytes);
        self
    }

    /// Sets a key over the file.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push(format!("{key}={value}"));
        self
    }

    /// Runs commands with these variables, too.
    pub fn with_environment(mut self, environment: Vec<(String, String)>) -> Self {
        self.environment.extend(environment);
        self
    }

    /// Sets a key to the path of a file of this folder.
    pub fn set_path(self, key: &str, name: &str) -> Self {
        let path = self.path(name).display().to_string();
        self.set(key, &path)
    }

    /// Has a key that takes the place of ours at a moment.
    pub fn followed_by(self, not_before: &str) -> Self {
        let (key, certificate) = (NEXT.private_pem(), NEXT.certificate_pem(LONG));
        self.with("next.key", &key)
            .with("next.crt", &certificate)
            .set("upi.signing.next.not_before", not_before)
            .set("upi.signing.next.kid", "1555570303")
            .set_path("upi.signing.next.key_file", "next.key")
            .set_path("upi.signing.next.cert_file", "next.crt")
    }

    /// Sets a key no longer.
    pub fn without_setting(mut self, key: &str) -> Self {
        self.settings
            .retain(|one| !one.starts_with(&format!("{key}=")));
        self
    }

    /// Names no file with our key.
    pub fn without_signing_key(self) -> Self {
        let text = std::fs::read_to_string(self.path("idphoto.toml")).unwrap();
        let line = format!("key_file = \"{}\"\n", self.path("our.key").display());
        assert!(text.contains(&line), "{text}");
        self.write("idphoto.toml", text.replace(&line, "").as_bytes());
        self
    }

    /// Takes the lines of a key out of the file.
    pub fn without(self, key: &str) -> Self {
        let text = std::fs::read_to_string(self.path("idphoto.toml")).unwrap();
        let kept: Vec<_> = text.lines().filter(|line| !line.starts_with(key)).collect();
        self.write("idphoto.toml", kept.join("\n").as_bytes());
        self
    }

    pub fn settings(&self) -> Vec<(String, String)> {
        let parted = self.settings.iter().filter_map(|one| one.split_once('='));
        parted
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    }

    /// Runs a command on it.
    pub fn run(&self, command: &[&str]) -> Output {
        let mut process = idphoto(command);
        process.arg("--config").arg(self.path("idphoto.toml"));
        for setting in &self.settings {
            process.args(["--set", setting]);
        }
        process.envs(self.environment.iter().cloned());
        process.stdin(Stdio::null()).output().unwrap()
    }
}
