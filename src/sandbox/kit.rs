//! Keys for both sides of a sandbox, made on the spot, and the files that hold them.
use crate::upi::gateway;
use crate::upi::key::KeyError;
use std::path::Path;

/// Both sides' keys: participant signing, UPI signing, UPI encryption; each with a kid.
pub struct Kit(());
impl Kit {
    /// Three new RSA-2048 keys.
    pub fn generate() -> Result<Self, KitError> {
        todo!()
    }
    /// The participant's part.
    pub fn participant(&self) -> Result<gateway::Keys, KitError> {
        todo!()
    }
    /// UPI's part.
    pub fn upi(&self) -> Result<super::Keys, KitError> {
        todo!()
    }
    /// Writes both sides' key files (private ones readable by the owner only) to `dir`.
    pub fn save(&self, dir: &Path) -> Result<(), KitError> {
        todo!()
    }
    /// Reads what [`Kit::save`] wrote.
    pub fn open(dir: &Path) -> Result<Self, KitError> {
        todo!()
    }
}
/// Why there is no kit.
#[derive(Debug, thiserror::Error)]
pub enum KitError {
    /// x
    #[error(transparent)]
    Key(#[from] KeyError),
}
