//! Tells contents of requests apart without keeping them.

use std::iter;

use zeroize::Zeroizing;

use crate::domain::{CallerName, Merchant, Person, Verification};
use crate::verify::port::{Digest, Fingerprint, KeyId};

/// The length of a key, in bytes.
pub const KEY_LENGTH: usize = blake3::KEY_LEN;

/// A key of digests: names and numbers are few enough to be guessed from a plain hash, and
/// without the key nobody can compare a guess.
#[derive(Clone)]
pub struct FingerprintKey(Zeroizing<[u8; KEY_LENGTH]>);

impl FingerprintKey {
    /// From the operating system's CSPRNG.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        getrandom::fill(&mut *key)?;
        Ok(Self(key))
    }

    /// From the text of a key file: 64 hex digits; white space around them does not count.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let hash = blake3::Hash::from_hex(text.trim_ascii()).ok()?;
        Some(Self(Zeroizing::new(*hash.as_bytes())))
    }

    /// The text of a key file.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = blake3::Hash::from_bytes(*self.0).to_hex().to_string();
        text.push('\n');
        text.into()
    }

    /// Its name in rows.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let derived = blake3::derive_key("idphoto ledger 2026 name of a fingerprint key", &*self.0);
        let mut id = [0; 8];
        id.iter_mut().zip(derived).for_each(|(to, from)| *to = from);
        KeyId(id)
    }

    fn digest(&self, request: &Verification) -> Digest {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for part in parts(request) {
            // The length in front keeps "ab"+"c" apart from "a"+"bc".
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Digest {
            key: self.id(),
            value: *hasher.finalize().as_bytes(),
        }
    }
}

/// Makes the digests of contents: by one key for new rows, and by those of older rows.
pub struct Fingerprinter {
    current: FingerprintKey,
    older: Vec<FingerprintKey>,
}

impl Fingerprinter {
    /// With these keys.
    #[must_use]
    pub const fn new(current: FingerprintKey, older: Vec<FingerprintKey>) -> Self {
        Self { current, older }
    }

    /// With a key that lives as long as the process.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    pub fn ephemeral() -> Result<Self, getrandom::Error> {
        Ok(Self::new(FingerprintKey::random()?, Vec::new()))
    }

    /// The digests of everything that is sent to UPI for this request.
    #[must_use]
    pub fn digest(&self, request: &Verification) -> Fingerprint {
        let older = self.older.iter().map(|key| key.digest(request));
        Fingerprint::new(self.current.digest(request), older.collect())
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
        caller,
    } = request;
    let texts = [name.expose(), id_number.expose()]
        .into_iter()
        .chain(consent.texts())
        .chain(merchant.iter().flat_map(Merchant::texts))
        // A merchant has three texts and a caller one, so their number tells them apart. Without
        // a caller the digest is what it was before callers had names.
        .chain(caller.iter().map(CallerName::as_str));
    iter::once(photo.bytes()).chain(texts.map(str::as_bytes))
}
