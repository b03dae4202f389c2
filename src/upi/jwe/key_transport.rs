//! RSA1_5 key transport, opening side, without an oracle.
//!
//! RFC 7516 section 11.5 and RFC 3218 section 2.3.2: when the padding is wrong, a random
//! content encryption key takes the place of the decrypted one, so that the token fails at
//! its tag like any other forgery. OpenSSL does so by itself only from 3.2 on, and says so
//! by an error before; so the padding is taken off here, in constant time. That is simple
//! because the length of the key is known: its place in the padded block is fixed.

use std::hint::black_box;

use openssl::pkey::Private;
use openssl::rsa::{Padding, Rsa};
use zeroize::Zeroizing;

use super::content::ContentKey;

/// The content encryption key, or a random one. `None` says something that the sender knows
/// without us: the part has not the key's length or is no number below its modulus.
pub(super) fn decrypt(key: &Rsa<Private>, encrypted: &[u8]) -> Option<ContentKey> {
    let substitute = ContentKey::random()?;
    let size = usize::try_from(key.size()).ok()?;
    if encrypted.len() != size {
        return None;
    }
    let mut block = Zeroizing::new(vec![0; size]);
    key.private_decrypt(encrypted, &mut block, Padding::NONE)
        .ok()?;
    unpad(&block, &substitute)
}

/// The last 32 bytes of `00 02 (non-zero bytes) 00 (32 bytes)`, or the substitute if the
/// block looks otherwise (RFC 8017 section 7.2.2). No branch and no index depends on the
/// block's content.
pub(super) fn unpad(block: &[u8], substitute: &ContentKey) -> Option<ContentKey> {
    let (padding, cek) = block.split_last_chunk::<{ ContentKey::BYTES }>()?;
    let [first, second, filler @ .., separator] = padding else {
        return None;
    };
    let wrong = filler
        .iter()
        .fold(*first | (*second ^ 2) | *separator, |wrong, &byte| {
            wrong | ones_if_zero(byte)
        });
    let right = black_box(ones_if_zero(wrong));
    let mut chosen = Zeroizing::new(*cek);
    for (byte, other) in chosen.iter_mut().zip(substitute.as_slice()) {
        *byte = (*byte & right) | (other & !right);
    }
    Some(ContentKey::new(chosen))
}

/// 0xFF for zero, else zero.
fn ones_if_zero(byte: u8) -> u8 {
    let [high, _] = u16::from(byte).wrapping_sub(1).to_be_bytes();
    high
}
