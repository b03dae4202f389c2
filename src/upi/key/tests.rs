use std::sync::LazyLock;

use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::symm::Cipher;
use openssl::x509::{X509, X509Name};

use super::*;

static KEY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate().unwrap());

const PASSPHRASE: &str = "not a real passphrase";

fn passphrase() -> Secret<String> {
    Secret::new(PASSPHRASE.to_owned())
}

fn spki(bytes: &[u8], passphrase: Option<&Secret<String>>) -> Result<String, KeyError> {
    PrivateKey::load(bytes, passphrase)?.public()?.to_spki_pem()
}

fn own_spki() -> Result<String, KeyError> {
    KEY.public()?.to_spki_pem()
}

fn certificate() -> X509 {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("O", "Fake, Inc.").unwrap();
    name.append_entry_by_text("CN", "a\u{1b}[31mb").unwrap();
    let name = name.build();
    let mut certificate = X509::builder().unwrap();
    certificate.set_subject_name(&name).unwrap();
    certificate.set_issuer_name(&name).unwrap();
    let instant = |seconds| openssl::asn1::Asn1Time::from_unix(seconds).unwrap();
    certificate.set_not_before(&instant(1_767_225_600)).unwrap();
    certificate.set_not_after(&instant(2_524_607_999)).unwrap();
    let serial = openssl::bn::BigNum::from_u32(0x2A).unwrap();
    let serial = serial.to_asn1_integer().unwrap();
    certificate.set_serial_number(&serial).unwrap();
    certificate.set_pubkey(&KEY.0).unwrap();
    let digest = openssl::hash::MessageDigest::sha256();
    certificate.sign(&KEY.0, digest).unwrap();
    certificate.build()
}

fn archive() -> Vec<u8> {
    let mut archive = Pkcs12::builder();
    archive.pkey(&KEY.0).cert(&certificate());
    archive.build2(PASSPHRASE).unwrap().to_der().unwrap()
}

#[test]
fn an_archive_without_a_mac_opens_or_is_named() {
    let mut archive = Pkcs12::builder();
    // What OpenSSL takes for none.
    archive.pkey(&KEY.0).cert(&certificate()).mac_iter(u32::MAX);
    let archive = archive.build2(PASSPHRASE).unwrap().to_der().unwrap();
    let opened = PrivateKey::load(&archive, Some(&Secret::new(PASSPHRASE.to_owned())));
    if let Err(error) = opened {
        assert_eq!(error, KeyError::NoMac);
    }
}

fn base64(der: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(der)
}

fn wrapped(text: &str) -> String {
    let lines = text.as_bytes().chunks(64);
    let lines: Vec<_> = lines
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    lines.join("\r\n")
}

#[test]
fn a_kid_has_its_alphabet_and_a_limit() {
    for kid in ["1555570302", "a/b_c.d-E", &"k".repeat(128)] {
        assert_eq!(Kid::parse(kid).unwrap().as_str(), kid);
    }
    for kid in [
        "",
        " ",
        "a b",
        "a\"b",
        "a\n",
        "é",
        "a\0",
        "a+b",
        &"k".repeat(129),
    ] {
        assert!(Kid::parse(kid).is_err(), "{kid}");
    }
}

#[test]
fn every_form_of_a_private_key_loads() {
    let pkcs8 = KEY.pkcs8_der().unwrap();
    let pkcs1 = KEY.rsa().unwrap().private_key_to_der().unwrap();
    let forms: [(&str, Vec<u8>); 9] = [
        (
            "PKCS#8 PEM",
            KEY.to_pkcs8_pem().unwrap().expose().clone().into(),
        ),
        ("PKCS#8 DER", pkcs8.to_vec()),
        ("PKCS#8 base64", base64(&pkcs8).into()),
        (
            "PKCS#8 base64 in lines",
            format!("\u{feff}\n{}\r\n", wrapped(&base64(&pkcs8))).into(),
        ),
        (
            "PKCS#8 base64 without padding",
            base64(&pkcs8).trim_end_matches('=').into(),
        ),
        (
            "PKCS#1 PEM",
            KEY.rsa().unwrap().private_key_to_pem().unwrap(),
        ),
        ("PKCS#1 DER", pkcs1.clone()),
        ("PKCS#1 base64", base64(&pkcs1).into()),
        (
            "PKCS#1 under the wrong label, in one line",
            format!(
                "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
                base64(&pkcs1)
            )
            .into(),
        ),
    ];
    for (form, bytes) in forms {
        assert_eq!(spki(&bytes, None), own_spki(), "{form}");
        // A passphrase that is not needed does no harm.
        assert_eq!(spki(&bytes, Some(&passphrase())), own_spki(), "{form}");
    }
}

#[test]
fn every_form_of_an_encrypted_key_loads_with_its_passphrase_only() {
    let cipher = Cipher::aes_256_cbc();
    let secret = PASSPHRASE.as_bytes();
    let pkcs8 = KEY
        .0
        .private_key_to_pkcs8_passphrase(cipher, secret)
        .unwrap();
    let rsa = KEY.rsa().unwrap();
    let forms: [(&str, Vec<u8>); 6] = [
        (
            "PKCS#8 PEM",
            KEY.0
                .private_key_to_pem_pkcs8_passphrase(cipher, secret)
                .unwrap(),
        ),
        ("PKCS#8 DER", pkcs8.clone()),
        ("PKCS#8 base64", base64(&pkcs8).into()),
        (
            "PKCS#1 PEM",
            rsa.private_key_to_pem_passphrase(cipher, secret).unwrap(),
        ),
        ("PKCS#12", archive()),
        ("PKCS#12 base64", base64(&archive()).into()),
    ];
    for (form, bytes) in forms {
        assert_eq!(spki(&bytes, Some(&passphrase())), own_spki(), "{form}");
        for wrong in ["another", "", "with\0nul", &"x".repeat(5000)] {
            let wrong = Secret::new(wrong.to_owned());
            let loaded = spki(&bytes, Some(&wrong));
            assert_eq!(loaded, Err(KeyError::PassphraseWrong), "{form}");
        }
        assert_eq!(
            spki(&bytes, None),
            Err(KeyError::PassphraseMissing),
            "{form}"
        );
        let public = PublicKey::load(&bytes).map(drop);
        assert_eq!(public, Err(KeyError::PrivateWherePublicBelongs), "{form}");
    }
}

#[test]
fn every_form_of_a_public_key_loads() {
    let spki = KEY.public().unwrap().spki_der().unwrap();
    let certificate = certificate();
    let der = certificate.to_der().unwrap();
    let rsa = KEY.rsa().unwrap();
    let forms: [(&str, Vec<u8>); 9] = [
        ("SPKI PEM", own_spki().unwrap().into()),
        ("SPKI DER", spki.clone()),
        ("SPKI base64", base64(&spki).into()),
        ("PKCS#1 PEM", rsa.public_key_to_pem_pkcs1().unwrap()),
        ("PKCS#1 DER", rsa.public_key_to_der_pkcs1().unwrap()),
        ("certificate PEM", certificate.to_pem().unwrap()),
        ("certificate DER", der.clone()),
        ("certificate base64", base64(&der).into()),
        ("certificate base64 in lines", wrapped(&base64(&der)).into()),
    ];
    for (form, bytes) in forms {
        let loaded = PublicKey::load(&bytes).and_then(|key| key.to_spki_pem());
        assert_eq!(loaded, own_spki(), "{form}");
        let private = PrivateKey::load(&bytes, None).map(drop);
        assert_eq!(private, Err(KeyError::PublicWherePrivateBelongs), "{form}");
    }
}

#[test]
fn a_bundle_of_key_and_certificate_is_a_private_key() {
    let pem = KEY.to_pkcs8_pem().unwrap();
    let certificate = certificate().to_pem().unwrap();
    let notes = "Bag Attributes\n    friendlyName: 测试\n".as_bytes();
    let bundle = [notes, &certificate, notes, pem.expose().as_bytes()].concat();
    assert_eq!(spki(&bundle, None), own_spki());
    let public = PublicKey::load(&bundle).map(drop);
    assert_eq!(public, Err(KeyError::PrivateWherePublicBelongs));
    assert!(inspect(&bundle, None).unwrap().certificate.is_some());
}

#[test]
fn of_a_chain_the_first_certificate_counts() {
    let other = PrivateKey::generate().unwrap().public().unwrap();
    let chain = [
        certificate().to_pem().unwrap(),
        other.to_spki_pem().unwrap().into(),
    ]
    .concat();
    let loaded = PublicKey::load(&chain).and_then(|key| key.to_spki_pem());
    assert_eq!(loaded, own_spki());
}

#[test]
fn weak_keys_are_refused_in_both_roles_and_can_be_inspected() {
    let weak = PKey::from_rsa(Rsa::generate(2047).unwrap()).unwrap();
    let private = weak.private_key_to_pem_pkcs8().unwrap();
    let public = weak.public_key_to_pem().unwrap();
    let error = KeyError::TooWeak { bits: 2047 };
    assert_eq!(PrivateKey::load(&private, None).map(drop), Err(error));
    assert_eq!(PublicKey::load(&public).map(drop), Err(error));
    assert_eq!(inspect(&public, None).map(|found| found.bits), Ok(2047));
}

#[test]
fn keys_of_other_algorithms_are_refused() {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let ec = EcKey::generate(&group).unwrap();
    let sec1 = ec.private_key_to_pem().unwrap();
    let ec = PKey::from_ec_key(ec).unwrap();
    let ed25519 = PKey::generate_ed25519().unwrap();
    for private in [
        sec1,
        ec.private_key_to_pem_pkcs8().unwrap(),
        ed25519.private_key_to_pem_pkcs8().unwrap(),
    ] {
        assert_eq!(
            PrivateKey::load(&private, None).map(drop),
            Err(KeyError::NotRsa)
        );
        assert_eq!(inspect(&private, None), Err(KeyError::NotRsa));
    }
    for public in [
        ec.public_key_to_pem().unwrap(),
        ed25519.public_key_to_der().unwrap(),
    ] {
        assert_eq!(PublicKey::load(&public).map(drop), Err(KeyError::NotRsa));
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let request =
        "-----BEGIN CERTIFICATE REQUEST-----\nMAAwAA==\n-----END CERTIFICATE REQUEST-----\n";
    for (bytes, error) in [
        (&b""[..], KeyError::UnknownForm),
        (b"\n", KeyError::UnknownForm),
        (b"hello, world", KeyError::UnknownForm),
        (b"\xFE\xED\xFE\xED\0\0\0\x02", KeyError::UnknownForm),
        (b"0", KeyError::UnknownForm),
        (b"0\x84\xFF\xFF\xFF\xFF\x02", KeyError::UnknownForm),
        (b"-----BEGIN PRIVATE KEY-----", KeyError::Malformed),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA", KeyError::Malformed),
        (
            b"-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----",
            KeyError::UnknownForm,
        ),
        (request.as_bytes(), KeyError::UnknownForm),
        (&[b'A'; 300_000], KeyError::UnknownForm),
    ] {
        assert_eq!(PrivateKey::load(bytes, None).map(drop), Err(error));
        assert_eq!(PublicKey::load(bytes).map(drop), Err(error));
        assert_eq!(inspect(bytes, None).map(drop), Err(error));
    }
}

#[test]
fn a_key_cut_anywhere_is_refused_without_panic() {
    let secret = passphrase();
    for whole in [
        KEY.pkcs8_der().unwrap().to_vec(),
        archive(),
        certificate().to_der().unwrap(),
    ] {
        for length in 0..whole.len() {
            assert!(
                inspect(&whole[..length], Some(&secret)).is_err(),
                "{length}"
            );
        }
    }
}

/// A throw-away 1024-bit key, exported by `openssl pkcs12 -legacy` with RC2-40.
const RC2_ARCHIVE: &str = "\
MIIDJwIBAzCCAu0GCSqGSIb3DQEHAaCCAt4EggLaMIIC1jCCAtIGCSqGSIb3DQEHAaCCAsMEggK/MIICuzCCArcGCyqG
SIb3DQEMCgECoIICpjCCAqIwHAYKKoZIhvcNAQwBBjAOBAiQ0O9/a7VcWQICCAAEggKAQSaMfCXxaQDrGrk1/qgdr2rm
K1GWVxfS6RrBlwBhpWhZAY8rrFb9/yPBuQghrlfcqyL1Rl6BDjtIZRJ87VQJXC99jkDnKLw3b8EYzzt6qJpbeY3Wb2bu
+anrXJWMvp5JgapbhNLYOY3gPMeNxkyP3QTqzr7m43U91zrzeMe+HLFJSbkdPkLZ+ibHQH11acciihmAEGa29nj8KBdc
qWcXC39SlLU2I252eK7QVDtqM2AWPCOnqDrDMC/m5/6dpAhBgQ/dMaksuAmKDi599wt93aAANyiiJYUhdTWZr4KRwLnr
X50J6woLph0oixVEVVQh0NEa8BnR2dGlGSj6fjLa1AC61giV473fYtD9yJpZO0tH0p74ww/1RCS9OjDnc3gzSYqqgK7V
huEIrhJQ5XxGjmSl067DOJaek4HuSHLynxl+khuxWfO3Zycb/zjs/TO0L8ISM186+4kOBuV4rbwcs0vYDGTa8Rj8aRas
2JxzdWczXBK5fidTTB4DiHjrDo1zapa8h+snBvl0ixJ+wSgCRbM3jP4UBio6gzBH7OTz+9+tAKYxChpt3GCQ088Bk862
UQBWEHa4klRx+dgBzUTtx003swc3yGViPtKooenJa7UVEMPNcvO8Ix6HmiXuyLPi5qjthOGycfJHL5cdEIxrQw/gPkas
N8LRT3gLV+eQM/zPPaZyx5rJuD4gBJ+AOAtkHZYFmufGEhnpIfwFhbfXlFveHAVx//WqG2kldqb47dnRdyn/WxLbtyMX
6IDNJSf6Rf6d1WFz/Deck+yNIbt6uOIp39kFgCki3l0TtBFmCMjRkiwDXcBrYPpgTZPRTocYhIVjNnqIVKveLMzm9lzK
ITAxMCEwCQYFKw4DAhoFAAQUTPNKwoXYdcOTiHnbhnpRzfanFB4ECFd7RFyZZeMIAgIIAA==";

#[test]
fn an_archive_with_an_outdated_cipher_says_so() {
    let passphrase = Secret::new("changeit".to_owned());
    let loaded = PrivateKey::load(RC2_ARCHIVE.as_bytes(), Some(&passphrase)).map(drop);
    assert_eq!(loaded, Err(KeyError::OutdatedCipher));
    let wrong = Secret::new("change it".to_owned());
    let loaded = PrivateKey::load(RC2_ARCHIVE.as_bytes(), Some(&wrong)).map(drop);
    assert_eq!(loaded, Err(KeyError::PassphraseWrong));
}

#[test]
fn an_inspection_tells_the_form_and_the_certificate() {
    let found = inspect(&archive(), Some(&passphrase())).unwrap();
    assert_eq!(
        (found.form, found.private, found.bits),
        ("PKCS#12", true, 2048)
    );
    let certificate = found.certificate.unwrap();
    assert_eq!(certificate.subject, r"CN=a\u{1b}[31mb,O=Fake\, Inc.");
    assert_eq!(certificate.issuer, certificate.subject);
    assert_eq!(certificate.serial, "2A");
    assert_eq!(
        certificate.validity.not_before.unix_timestamp(),
        1_767_225_600
    );
    assert_eq!(
        certificate.validity.not_after.unix_timestamp(),
        2_524_607_999
    );
    assert_eq!(certificate.spki_sha256, found.spki_sha256);

    let public = inspect(own_spki().unwrap().as_bytes(), None).unwrap();
    assert_eq!(public.form, "SubjectPublicKeyInfo PEM");
    assert_eq!((public.private, public.certificate), (false, None));
    assert_eq!(public.spki_sha256, found.spki_sha256);
    assert_eq!(public.spki_sha256.len(), 64);
}

#[test]
fn of_several_certificates_beside_a_key_its_own_counts() {
    let other = PrivateKey::generate().unwrap();
    let both = [
        other.to_pkcs8_pem().unwrap().expose().as_bytes(),
        &certificate().to_pem().unwrap(),
    ]
    .concat();
    let stranger = inspect(&both, None).unwrap();
    assert!(stranger.certificate.is_some() && stranger.own_certificate().is_none());
    let own = KEY.to_pkcs8_pem().unwrap();
    let own = [own.expose().as_bytes(), &certificate().to_pem().unwrap()].concat();
    assert!(inspect(&own, None).unwrap().own_certificate().is_some());
}

#[test]
fn debug_shows_nothing_of_a_private_key() {
    assert_eq!(format!("{:?}", *KEY), "PrivateKey([redacted])");
    assert_eq!(
        format!("{:?}", KEY.public().unwrap()),
        "PublicKey(2048 bits)"
    );
}

/// A certificate by another name than its subject's.
fn issued_by(issuer: &X509) -> X509 {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "leaf").unwrap();
    let mut leaf = X509::builder().unwrap();
    leaf.set_version(2).unwrap();
    leaf.set_subject_name(&name.build()).unwrap();
    leaf.set_issuer_name(issuer.subject_name()).unwrap();
    leaf.set_not_before(issuer.not_before()).unwrap();
    leaf.set_not_after(issuer.not_after()).unwrap();
    leaf.set_pubkey(&KEY.0).unwrap();
    leaf.sign(&KEY.0, openssl::hash::MessageDigest::sha256())
        .unwrap();
    leaf.build()
}

#[test]
fn what_nobody_uses_is_counted_and_a_chain_is_used() {
    let (issuer, leaf) = (certificate(), issued_by(&certificate()));
    let pem = |certificate: &X509| certificate.to_pem().unwrap();
    let private = KEY.to_pkcs8_pem().unwrap().expose().as_bytes().to_vec();
    let spki = own_spki().unwrap().into_bytes();
    for (parts, unused) in [
        (vec![pem(&issuer)], 0),
        (vec![pem(&leaf), pem(&issuer)], 0),
        (vec![private.clone(), pem(&leaf), pem(&issuer)], 0),
        (vec![pem(&issuer), pem(&issuer)], 1),
        (vec![pem(&issuer), pem(&leaf)], 1),
        (vec![spki.clone(), spki, pem(&leaf)], 2),
        (vec![private.clone(), private], 1),
    ] {
        let found = inspect(&parts.concat(), None).unwrap();
        assert_eq!(found.unused, unused, "{}", parts.len());
    }
}
