//! A SoftHSM of a test's own, and a module around it that has troubles.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

pub const LABEL: &str = "idphoto";
pub const PIN: &str = "fake-pin-of-tests";

/// Of no token. Four digits would be in the time of one line in a thousand.
pub const WRONG_PIN: &str = "wrong-pin-of-tests";
const OFFICER: &str = "12345678";

/// A token in a folder of its own.
pub struct Token {
    folder: TempDir,
}

/// SoftHSM's module, unless the tests run without one.
pub fn module() -> Option<String> {
    let module = std::env::var("IDPHOTO_TEST_SOFTHSM").ok();
    if module.is_none() {
        assert!(
            std::env::var("REQUIRE_SOFTHSM").is_err(),
            "IDPHOTO_TEST_SOFTHSM is not set, and REQUIRE_SOFTHSM is"
        );
    }
    module
}

impl Token {
    /// One without keys; `None` where there is no SoftHSM.
    pub fn new() -> Option<Self> {
        module()?;
        let token = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(token.tokens()).unwrap();
        let text = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            token.tokens().display()
        );
        std::fs::write(token.configuration(), text).unwrap();
        token.add(LABEL);
        token.write_pin(PIN);
        Some(token)
    }

    /// One more token.
    pub fn add(&self, label: &str) {
        self.util(&[
            "--init-token",
            "--free",
            "--label",
            label,
            "--pin",
            PIN,
            "--so-pin",
            OFFICER,
        ]);
    }

    /// Puts a key (PKCS#8 PEM) into it.
    pub fn with(self, label: &str, id: &str, pem: &[u8]) -> Self {
        let file = self.path("key.pem");
        std::fs::write(&file, pem).unwrap();
        let file = file.display().to_string();
        self.util(&[
            "--import", &file, "--token", LABEL, "--label", label, "--id", id, "--pin", PIN,
        ]);
        self
    }

    fn util(&self, args: &[&str]) {
        let mut util = Command::new("softhsm2-util");
        let done = util.args(args).envs(self.environment()).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    /// What makes SoftHSM, and the module around it, use this token.
    pub fn environment(&self) -> Vec<(String, String)> {
        [
            ("SOFTHSM2_CONF", self.configuration().display().to_string()),
            ("SHIM_FOLDER", self.folder.path().display().to_string()),
            ("SHIM_MODULE", module().unwrap()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// The settings of a key in it.
    pub fn settings(&self, section: &str, module: &str, label: &str) -> Vec<(String, String)> {
        let pin = self.path("pin").display().to_string();
        [
            ("module", module),
            ("token", LABEL),
            ("label", label),
            ("pin_file", &pin),
        ]
        .map(|(key, value)| (format!("{section}.pkcs11.{key}"), value.to_owned()))
        .to_vec()
    }

    /// What `pin_file` says.
    pub fn write_pin(&self, pin: &str) {
        use std::os::unix::fs::PermissionsExt as _;

        let path = self.path("pin");
        std::fs::write(&path, format!("{pin}\n")).unwrap();
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(path, mode).unwrap();
    }

    /// Takes the token out of its slot.
    pub fn remove(&self) {
        std::fs::rename(self.tokens(), self.path("gone")).unwrap();
    }

    /// Puts it back.
    pub fn put_back(&self) {
        std::fs::rename(self.path("gone"), self.tokens()).unwrap();
    }

    /// Begins or ends a trouble of the module around it.
    pub fn trouble(&self, name: &str, is_there: bool) {
        match is_there {
            true => std::fs::write(self.path(name), "").unwrap(),
            false => std::fs::remove_file(self.path(name)).unwrap(),
        }
    }

    /// How often a login was tried.
    pub fn logins(&self) -> usize {
        std::fs::read(self.path("logins")).map_or(0, |bytes| bytes.len())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn tokens(&self) -> PathBuf {
        self.path("tokens")
    }

    fn configuration(&self) -> PathBuf {
        self.path("softhsm2.conf")
    }

    /// The module around SoftHSM, compiled.
    pub fn shim(&self) -> String {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/hsm/shim.c");
        let library = self.path("shim.so");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-Wall", "-Werror", "-o"]);
        let done = cc.arg(&library).arg(source).arg("-ldl").output().unwrap();
        assert!(done.status.success(), "{done:?}");
        library.display().to_string()
    }
}
