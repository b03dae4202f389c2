//! A128CBC-HS256 (RFC 7518 section 5.2), opening side. josekit decrypts before it verifies
//! the tag and compares the tag in variable time; here the tag comes first.

use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::symm::{Cipher, decrypt};
use zeroize::Zeroizing;

use super::{IV_BYTES, Token};

const CEK_BYTES: usize = 32;
const TAG_BYTES: usize = 16;

/// A content encryption key: 16 bytes for the tag, 16 for the cipher. Wiped on drop.
pub(super) struct ContentKey(Zeroizing<[u8; CEK_BYTES]>);

impl ContentKey {
    pub(super) const BYTES: usize = CEK_BYTES;

    pub(super) const fn new(bytes: Zeroizing<[u8; CEK_BYTES]>) -> Self {
        Self(bytes)
    }

    /// From the operating system's CSPRNG.
    pub(super) fn random() -> Option<Self> {
        let mut bytes = Zeroizing::new([0; CEK_BYTES]);
        getrandom::fill(&mut *bytes).ok()?;
        Some(Self(bytes))
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &*self.0
    }

    /// The plaintext, if the tag is right.
    pub(super) fn open(&self, token: &Token<'_>) -> Option<Vec<u8>> {
        if token.iv.len() != IV_BYTES || token.tag.len() != TAG_BYTES {
            return None;
        }
        let (mac_key, cipher_key) = self.0.split_at_checked(CEK_BYTES / 2)?;
        let tag = tag(mac_key, token)?;
        if !memcmp::eq(&tag, &token.tag) {
            return None;
        }
        let cipher = Cipher::aes_128_cbc();
        decrypt(cipher, cipher_key, Some(&token.iv), &token.ciphertext).ok()
    }
}

/// Section 5.2.2.1: HMAC over header, IV, ciphertext and the header's length in bits, cut to
/// its first half.
pub(super) fn tag(mac_key: &[u8], token: &Token<'_>) -> Option<[u8; TAG_BYTES]> {
    let header_bits = u64::try_from(token.header.len()).ok()?.checked_mul(8)?;
    let key = PKey::hmac(mac_key).ok()?;
    let mut signer = Signer::new(MessageDigest::sha256(), &key).ok()?;
    signer.update(token.header.as_bytes()).ok()?;
    signer.update(&token.iv).ok()?;
    signer.update(&token.ciphertext).ok()?;
    signer.update(&header_bits.to_be_bytes()).ok()?;
    let full = signer.sign_to_vec().ok()?;
    full.first_chunk().copied()
}
