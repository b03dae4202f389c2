//! Takes a key file apart: a PEM file may hold several things, the other forms one.

use zeroize::Zeroizing;

use super::KeyError;
use super::form::{Armour, Form};

/// The largest key files are PKCS#12 archives with long chains: a few tens of KB.
const MAX_BYTES: usize = 256 * 1024;

/// Labels under which keys and certificates come. Others (parameters, requests) are passed
/// over, and what a block really holds is told by its DER.
const LABELS: [&[u8]; 10] = [
    b"PRIVATE KEY",
    b"ENCRYPTED PRIVATE KEY",
    b"RSA PRIVATE KEY",
    b"EC PRIVATE KEY",
    b"DSA PRIVATE KEY",
    b"PKCS12",
    b"PUBLIC KEY",
    b"RSA PUBLIC KEY",
    b"CERTIFICATE",
    b"X509 CERTIFICATE",
];

pub(super) struct Part {
    pub(super) form: Form,
    pub(super) armour: Armour,
    /// DER; for [`Form::EncryptedPkcs1`] the PEM text. Wiped on drop.
    pub(super) content: Zeroizing<Vec<u8>>,
}

/// All parts of a file in their order; at least one.
pub(super) fn split(bytes: &[u8]) -> Result<Vec<Part>, KeyError> {
    if bytes.len() > MAX_BYTES {
        return Err(KeyError::UnknownForm);
    }
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let Some((block, after)) = Block::next(rest)? {
        parts.extend(block.part()?);
        rest = after;
    }
    if parts.is_empty() {
        parts.push(bare(bytes)?);
    }
    Ok(parts)
}

fn bare(bytes: &[u8]) -> Result<Part, KeyError> {
    // Base64 of DER begins with M, so a leading 0 (0x30) can only be DER's SEQUENCE.
    if bytes.first() == Some(&0x30) {
        return Part::of_der(Armour::Der, Zeroizing::new(bytes.to_vec()));
    }
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    Part::of_der(Armour::Base64, decode(text)?)
}

impl Part {
    fn of_der(armour: Armour, content: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        let form = Form::of_der(&content).ok_or(KeyError::UnknownForm)?;
        Ok(Self {
            form,
            armour,
            content,
        })
    }
}

/// One PEM block (RFC 7468).
struct Block<'a> {
    label: &'a [u8],
    body: &'a [u8],
    /// Everything from this block's first line on.
    text: &'a [u8],
}

impl<'a> Block<'a> {
    fn next(bytes: &'a [u8]) -> Result<Option<(Self, &'a [u8])>, KeyError> {
        const BEGIN: &[u8] = b"-----BEGIN ";
        let Some((before, rest)) = split_once(bytes, BEGIN) else {
            return Ok(None);
        };
        let text = bytes.get(before.len()..).unwrap_or_default();
        let (label, rest) = split_once(rest, b"-----").ok_or(KeyError::Malformed)?;
        let (body, rest) = split_once(rest, b"-----END ").ok_or(KeyError::Malformed)?;
        Ok(Some((Self { label, body, text }, rest)))
    }

    fn part(&self) -> Result<Option<Part>, KeyError> {
        if !LABELS.contains(&self.label) {
            return Ok(None);
        }
        if split_once(self.body, b"Proc-Type: 4,ENCRYPTED").is_some() {
            return Ok(Some(Part {
                form: Form::EncryptedPkcs1,
                armour: Armour::Pem,
                content: Zeroizing::new(self.text.to_vec()),
            }));
        }
        Part::of_der(Armour::Pem, decode(self.body)?).map(Some)
    }
}

fn decode(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut buffer = Zeroizing::new(text.to_vec());
    let length = base64_simd::forgiving_decode_inplace(&mut buffer)
        .map_err(|_| KeyError::UnknownForm)?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}

fn split_once<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes
        .windows(separator.len())
        .position(|window| window == separator)?;
    let (before, after) = bytes.split_at_checked(at)?;
    Some((before, after.get(separator.len()..)?))
}
