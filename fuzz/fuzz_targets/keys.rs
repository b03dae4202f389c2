//! Files of keys and certificates: PEM, DER, PKCS#8, PKCS#12, bare base64.
//!
//! The first byte says which passphrase there is.

#![no_main]

use idphoto::domain::Secret;
use idphoto::marks;
use idphoto::upi::jwe::{Opener, Sealer};
use idphoto::upi::jws::{Signer, Verifier};
use idphoto::upi::key::{PrivateKey, PublicKey, inspect};
use idphoto_fuzz::signing_kid;
use libfuzzer_sys::fuzz_target;

const LEAST_BITS: u32 = 2048;

fn private(file: &[u8], passphrase: Option<&Secret<String>>) {
    let Ok(key) = PrivateKey::load(file, passphrase) else {
        return;
    };
    let found = inspect(file, passphrase);
    // A damaged certificate beside a good key may be refused.
    if let Ok(found) = found {
        assert!(found.private && found.bits >= LEAST_BITS);
    }
    assert_eq!(format!("{key:?}"), "PrivateKey([redacted])");
    let Ok(pem) = key.to_pkcs8_pem() else {
        return;
    };
    let again = PrivateKey::load(pem.expose().as_bytes(), None).expect("written, and not read");
    let pem_again = again.to_pkcs8_pem().unwrap();
    assert!(pem.expose() == pem_again.expose(), "another key");
    // Numbers that are no key are found out here or when they are used, and never by a panic.
    let _ = Signer::new(&signing_kid(), &key);
    let _ = Opener::new(&signing_kid(), &key);
    if let Ok(half) = key.public() {
        public(half.to_spki_pem().unwrap().as_bytes());
    }
}

fn public(file: &[u8]) {
    let Ok(key) = PublicKey::load(file) else {
        return;
    };
    if let Ok(found) = inspect(file, None) {
        assert!(!found.private && found.bits >= LEAST_BITS);
        if let Some(certificate) = &found.certificate {
            let shown = format!("{}{}", certificate.subject, certificate.issuer);
            assert!(!shown.contains(char::is_control), "{shown:?}");
        }
    }
    let pem = key.to_spki_pem().expect("read, and not written");
    let again = PublicKey::load(pem.as_bytes()).expect("written, and not read");
    assert_eq!(again.to_spki_pem().unwrap(), pem);
    let _ = Verifier::new(&[(signing_kid(), key.clone())]);
    let _ = Sealer::new(&signing_kid(), &key);
}

/// Whether some number of the DER could be a count of iterations that takes seconds. Whoever
/// writes the key file may have that; it would only keep the target from its work.
fn is_slow(der: &[u8]) -> bool {
    der.windows(5).any(|window| {
        matches!(*window, [2, 3, count, ..] if count > 1) || matches!(window, [2, 4..=8, ..])
    })
}

/// The passphrase, if an encrypted file of this form is looked at with one.
fn passphrase(flag: u8, file: &[u8]) -> Option<Secret<String>> {
    let text = match flag % 4 {
        1 => "changeit".to_owned(),
        2 => "p".repeat(2048),
        3 => String::new(),
        _ => return None,
    };
    // In base64 the count of iterations is not seen; the old form of PEM has one.
    let is_der = file.starts_with(&[0x30]) && !is_slow(file);
    let is_old = file.windows(9).any(|text| text == b"Proc-Type")
        && !file.windows(15).any(|text| text == b"BEGIN ENCRYPTED");
    (is_der || is_old).then(|| Secret::new(text))
}

fuzz_target!(|data: &[u8]| {
    let Some((flag, file)) = data.split_first() else {
        return;
    };
    let mut file = file.to_vec();
    if marks::remove(&mut file).is_err() {
        return;
    }
    private(&file, passphrase(*flag, &file).as_ref());
    public(&file);
    let _ = inspect(&file, None);
});
