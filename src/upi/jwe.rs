//! JWE compact: RSA1_5 + A128CBC-HS256.
use super::key::{Kid, PrivateKey, PublicKey};
use crate::domain::Secret;

/// Encrypts to one key.
pub struct Sealer(());
impl Sealer {
    /// Made once.
    pub fn new(kid: &Kid, key: &PublicKey) -> Result<Self, JweError> {
        todo!()
    }
    /// Compact token with a fresh key and IV.
    pub fn seal(&self, plaintext: &[u8]) -> Result<String, JweError> {
        todo!()
    }
}
/// Decrypts with one key (the sandbox's side).
pub struct Opener(());
impl Opener {
    /// Made once.
    pub fn new(kid: &Kid, key: &PrivateKey) -> Result<Self, JweError> {
        todo!()
    }
    /// The plaintext; every failure is one and the same error.
    pub fn open(&self, token: &str) -> Result<Secret<Vec<u8>>, JweError> {
        todo!()
    }
}
/// Failure of JWE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JweError {
    /// Decryption failed, for whatever reason.
    #[error("the token cannot be decrypted")]
    Opening,
    /// Encryption failed.
    #[error("the plaintext cannot be encrypted")]
    Sealing,
}
