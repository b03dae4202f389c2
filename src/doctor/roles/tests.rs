use std::path::PathBuf;
use std::sync::LazyLock;

use tempfile::TempDir;

use super::*;
use crate::app::prepare;
use crate::config::{Sources, Survey};
use crate::doctor::Verdict;
use crate::upi::key::PrivateKey;

static KEYS: LazyLock<[PrivateKey; 3]> =
    LazyLock::new(|| std::array::from_fn(|_| PrivateKey::generate().unwrap()));

/// Files of keys, which the checks read by themselves.
struct Bench {
    folder: TempDir,
    upi: Upi,
}

/// Kid and file of each key.
struct Upi {
    signing: Draft,
    encryption: Draft,
    verification: Vec<Draft>,
}

type Draft = (String, PathBuf);

impl Bench {
    /// Signing, encryption and one verification key, each another.
    fn new() -> Self {
        let mut bench = Self {
            folder: tempfile::tempdir().unwrap(),
            upi: Upi {
                signing: Default::default(),
                encryption: Default::default(),
                verification: Vec::new(),
            },
        };
        bench.upi.signing = bench.private("1001", 0);
        bench.upi.encryption = bench.public("1002", 1);
        bench.upi.verification = vec![bench.public("1003", 2)];
        bench
    }

    fn private(&self, kid: &str, key: usize) -> Draft {
        let pem = KEYS[key].to_pkcs8_pem().unwrap();
        self.file(kid, &format!("{key}.key"), pem.expose())
    }

    fn public(&self, kid: &str, key: usize) -> Draft {
        let pem = KEYS[key].public().unwrap().to_spki_pem().unwrap();
        self.file(kid, &format!("{key}.pub"), &pem)
    }

    fn file(&self, kid: &str, name: &str, text: &str) -> Draft {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        (kid.to_owned(), path)
    }

    fn overrides(&self) -> Vec<(String, String)> {
        let Upi {
            signing,
            encryption,
            verification,
        } = &self.upi;
        let entry = |(kid, path): &Draft| format!("{{ kid = {kid:?}, key_file = {path:?} }}");
        let list: Vec<_> = verification.iter().map(entry).collect();
        let mut overrides = vec![(
            "upi.verification".to_owned(),
            format!("[{}]", list.join(",")),
        )];
        for (section, (kid, path)) in [("signing", signing), ("encryption", encryption)] {
            let path = path.display().to_string();
            overrides.push((format!("upi.{section}.kid"), kid.clone()));
            overrides.push((format!("upi.{section}.key_file"), path));
        }
        overrides
    }

    fn found(&self) -> Vec<(Verdict, String, String)> {
        let survey = Survey::of(&Sources {
            overrides: self.overrides(),
            ..Sources::default()
        });
        let findings = examine(&prepare(&survey).keys);
        let told = findings.into_iter();
        told.map(|one| (one.verdict, one.key, one.text)).collect()
    }

    /// The only finding, which must say this.
    fn only(&self, verdict: Verdict, key: &str, part: &str) {
        let found = self.found();
        let [(found_verdict, found_key, text)] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(
            (*found_verdict, found_key.as_str()),
            (verdict, key),
            "{text}"
        );
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn three_keys_in_three_roles_are_good() {
    Bench::new().only(Verdict::Ok, "upi", "3 keys");
}

#[test]
fn our_own_key_in_a_role_of_upis_is_wrong() {
    let mut bench = Bench::new();
    bench.upi.encryption = bench.public("1002", 0);
    bench.only(Verdict::Wrong, "upi.encryption.key_file", "our own key");
    let mut bench = Bench::new();
    bench.upi.verification = vec![bench.public("1003", 0)];
    bench.only(
        Verdict::Wrong,
        "upi.verification[0].key_file",
        "our own key",
    );
}

#[test]
fn a_private_and_a_public_key_in_each_others_place_are_swapped() {
    let mut bench = Bench::new();
    bench.upi.signing = bench.public("1001", 0);
    bench.upi.verification = vec![bench.private("1003", 2)];
    bench.only(Verdict::Wrong, "upi.signing.key_file", "swapped");
}

#[test]
fn one_kid_with_two_keys_is_wrong() {
    let mut bench = Bench::new();
    bench.upi.verification = vec![bench.public("1001", 2)];
    bench.only(Verdict::Wrong, "upi.verification[0].kid", "wrong key");
    bench.upi.verification = vec![bench.public("1002", 2)];
    bench.only(Verdict::Wrong, "upi.verification[0].kid", "wrong key");
}

#[test]
fn two_kids_with_one_key_are_a_warning_and_one_kid_in_two_roles_is_none() {
    let mut bench = Bench::new();
    bench.upi.verification.push(bench.public("1004", 2));
    bench.only(Verdict::Warning, "upi.verification[1].key_file", "same key");
    bench.upi.verification = vec![bench.public("1002", 1)];
    bench.only(Verdict::Ok, "upi", "3 keys");
}

#[test]
fn a_file_that_is_called_by_another_kid_is_a_warning() {
    let mut bench = Bench::new();
    let pem = KEYS[2].public().unwrap().to_spki_pem().unwrap();
    bench.upi.verification = vec![bench.file("1003", "upi-1002.pem", &pem)];
    bench.only(
        Verdict::Warning,
        "upi.verification[0].key_file",
        "called by the kid",
    );
    bench.upi.verification = vec![bench.file("1003", "upi-1003.pem", &pem)];
    bench.only(Verdict::Ok, "upi", "3 keys");
}
