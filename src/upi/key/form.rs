//! Which form a key has: told by its DER, never by a file's name or a PEM label, since both
//! are wrong often enough.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Armour {
    Pem,
    Base64,
    Der,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// RFC 5208.
    Pkcs8,
    /// RFC 5208 section 6.
    EncryptedPkcs8,
    /// RFC 8017 appendix A.1.2.
    Pkcs1,
    /// RFC 1421: PEM with a `Proc-Type: 4,ENCRYPTED` header around PKCS#1.
    EncryptedPkcs1,
    /// RFC 7292.
    Pkcs12,
    /// RFC 5915: never an RSA key.
    Sec1,
    /// RFC 5280 section 4.1.2.7.
    Spki,
    /// RFC 8017 appendix A.1.1.
    Pkcs1Public,
    /// RFC 5280.
    Certificate,
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

impl Form {
    /// Tells the form by the outermost elements of the DER.
    pub(super) fn of_der(der: &[u8]) -> Option<Self> {
        let outer = Element::read(der).filter(|outer| outer.tag == SEQUENCE)?;
        let first = Element::read(outer.content)?;
        let second = Element::read(first.rest)?;
        let third = Element::read(second.rest).map(|third| third.tag);
        match (first.tag, second.tag, third) {
            (INTEGER, SEQUENCE, _) if first.content == [3] => Some(Self::Pkcs12),
            (INTEGER, SEQUENCE, Some(OCTET_STRING)) => Some(Self::Pkcs8),
            (INTEGER, INTEGER, Some(INTEGER)) => Some(Self::Pkcs1),
            (INTEGER, INTEGER, None) => Some(Self::Pkcs1Public),
            (INTEGER, OCTET_STRING, _) => Some(Self::Sec1),
            (SEQUENCE, OCTET_STRING, None) => Some(Self::EncryptedPkcs8),
            (SEQUENCE, BIT_STRING, None) => Some(Self::Spki),
            (SEQUENCE, SEQUENCE, Some(BIT_STRING)) => Some(Self::Certificate),
            _ => None,
        }
    }

    pub(super) const fn is_private(self) -> bool {
        !matches!(self, Self::Spki | Self::Pkcs1Public | Self::Certificate)
    }

    pub(super) const fn in_words(self, armour: Armour) -> &'static str {
        use Armour::{Base64, Der, Pem};
        match (self, armour) {
            (Self::Pkcs8, Pem) => "PKCS#8 PEM",
            (Self::Pkcs8, Base64) => "PKCS#8 base64 without armour",
            (Self::Pkcs8, Der) => "PKCS#8 DER",
            (Self::EncryptedPkcs8, Pem) => "PKCS#8 PEM, encrypted",
            (Self::EncryptedPkcs8, Base64) => "PKCS#8 base64 without armour, encrypted",
            (Self::EncryptedPkcs8, Der) => "PKCS#8 DER, encrypted",
            (Self::Pkcs1, Pem) => "PKCS#1 PEM",
            (Self::Pkcs1, Base64) => "PKCS#1 base64 without armour",
            (Self::Pkcs1, Der) => "PKCS#1 DER",
            (Self::EncryptedPkcs1, _) => "PKCS#1 PEM, encrypted",
            (Self::Pkcs12, Pem) => "PKCS#12 PEM",
            (Self::Pkcs12, Base64) => "PKCS#12 base64 without armour",
            (Self::Pkcs12, Der) => "PKCS#12",
            (Self::Sec1, _) => "elliptic curve private key",
            (Self::Spki, Pem) => "SubjectPublicKeyInfo PEM",
            (Self::Spki, Base64) => "SubjectPublicKeyInfo base64 without armour",
            (Self::Spki, Der) => "SubjectPublicKeyInfo DER",
            (Self::Pkcs1Public, Pem) => "PKCS#1 public key PEM",
            (Self::Pkcs1Public, Base64) => "PKCS#1 public key base64 without armour",
            (Self::Pkcs1Public, Der) => "PKCS#1 public key DER",
            (Self::Certificate, Pem) => "X.509 certificate PEM",
            (Self::Certificate, Base64) => "X.509 certificate base64 without armour",
            (Self::Certificate, Der) => "X.509 certificate DER",
        }
    }
}

/// One element of DER and what follows it.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Element<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let (&[tag, length], after) = der.split_first_chunk()?;
        let (content, rest) = match length {
            0..=0x7f => after.split_at_checked(usize::from(length))?,
            // PKCS#12 files of older Java tools are BER with indefinite lengths; what ends
            // them is not needed to tell the form.
            0x80 => (after, &[][..]),
            0x81..=0x84 => {
                let (digits, after) = after.split_at_checked(usize::from(length & 0x7f))?;
                let length = digits
                    .iter()
                    .fold(0, |length, &digit| (length << 8) | usize::from(digit));
                after.split_at_checked(length)?
            }
            _ => return None,
        };
        Some(Self { tag, content, rest })
    }
}
