//! Tells contents of requests apart without keeping them.

use crate::domain::{Merchant, Person, Verification};
use crate::verify::port::Fingerprint;

/// A digest with a key of its own: names and numbers are few enough to be guessed from a
/// plain hash, and without the key nobody can compare a guess.
pub struct Fingerprinter {
    key: [u8; blake3::KEY_LEN],
}

impl Fingerprinter {
    /// Takes a key from the operating system's CSPRNG, for as long as the process lives.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    pub fn ephemeral() -> Result<Self, getrandom::Error> {
        let mut key = [0; blake3::KEY_LEN];
        getrandom::fill(&mut key)?;
        Ok(Self { key })
    }

    /// The digest of everything that is sent to UPI for this request.
    #[must_use]
    pub fn digest(&self, request: &Verification) -> Fingerprint {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for part in parts(request) {
            // The length in front keeps "ab"+"c" apart from "a"+"bc".
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Fingerprint(*hasher.finalize().as_bytes())
    }
}

/// Names every field, so that a new one cannot be forgotten here.
fn parts(request: &Verification) -> impl Iterator<Item = &[u8]> {
    let Verification {
        // What the digest is found by.
        order_id: _,
        person: Person { name, id_number },
        photo,
        consent,
        merchant,
    } = request;
    let texts = [name.expose(), id_number.expose()]
        .into_iter()
        .chain(consent.texts())
        .chain(merchant.iter().flat_map(Merchant::texts));
    [photo.bytes()].into_iter().chain(texts.map(str::as_bytes))
}
