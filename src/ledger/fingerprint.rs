//! Tells contents of requests apart without keeping them.

use crate::domain::Verification;
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

fn parts(request: &Verification) -> impl Iterator<Item = &[u8]> {
    let consent = &request.consent;
    let merchant = request.merchant.as_ref().map(|merchant| {
        let texts = [merchant.id(), merchant.name(), merchant.category_code()];
        texts.map(str::as_bytes)
    });
    let fixed = [
        request.person.name.expose(),
        request.person.id_number.expose(),
        consent.usage_scenario(),
        consent.purpose(),
        consent.agreement_version(),
        consent.agreement_serial(),
    ];
    [request.photo.bytes()]
        .into_iter()
        .chain(fixed.map(str::as_bytes))
        .chain(merchant.into_iter().flatten())
}
