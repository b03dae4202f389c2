//! RSA keys and certificates, made once for all tests.

use std::sync::LazyLock;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Name};

/// Days from now to the end of a certificate that nobody has to worry about.
pub const LONG: i64 = 400;

/// A key of our own.
pub static OURS: LazyLock<Pair> = LazyLock::new(|| Pair::new(2048));

/// The key that takes its place.
pub static NEXT: LazyLock<Pair> = LazyLock::new(|| Pair::new(2048));

/// The key that UPI decrypts with.
pub static THEIRS: LazyLock<Pair> = LazyLock::new(|| Pair::new(2048));

/// The key that UPI signs with.
pub static VERIFYING: LazyLock<Pair> = LazyLock::new(|| Pair::new(2048));

/// Both halves of an RSA key.
pub struct Pair(pub PKey<Private>);

impl Pair {
    pub fn new(bits: u32) -> Self {
        Self(PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap())
    }

    pub fn private_pem(&self) -> Vec<u8> {
        self.0.private_key_to_pem_pkcs8().unwrap()
    }

    pub fn public_pem(&self) -> Vec<u8> {
        self.0.public_key_to_pem().unwrap()
    }

    /// A certificate that began 400 days ago and ends in so many days.
    pub fn certificate(&self, days_left: i64) -> X509 {
        self.valid(-LONG, days_left)
    }

    fn valid(&self, from: i64, to: i64) -> X509 {
        const DAY: i64 = 86_400;
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        let instant = |days: i64| Asn1Time::from_unix(now + days * DAY).unwrap();
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_text("CN", "Example Bank").unwrap();
        let name = name.build();
        let mut certificate = X509::builder().unwrap();
        let serial = BigNum::from_u32(0x1234_5678).unwrap();
        let serial = serial.to_asn1_integer().unwrap();
        certificate.set_serial_number(&serial).unwrap();
        certificate.set_subject_name(&name).unwrap();
        certificate.set_issuer_name(&name).unwrap();
        certificate.set_not_before(&instant(from)).unwrap();
        certificate.set_not_after(&instant(to)).unwrap();
        certificate.set_pubkey(&self.0).unwrap();
        certificate.sign(&self.0, MessageDigest::sha256()).unwrap();
        certificate.build()
    }

    /// A certificate that begins in so many days.
    pub fn certificate_from(&self, days: i64) -> Vec<u8> {
        self.valid(days, LONG).to_pem().unwrap()
    }

    pub fn certificate_pem(&self, days_left: i64) -> Vec<u8> {
        self.certificate(days_left).to_pem().unwrap()
    }
}
