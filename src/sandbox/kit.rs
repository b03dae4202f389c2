//! Keys for both sides of a sandbox, made on the spot, and the files that hold them.

use std::io;
use std::path::PathBuf;
use std::thread;

use crate::domain::Secret;
use crate::upi::key::{KeyError, Kid, PrivateKey, PublicKey};
use crate::upi::{Flaw, gateway};

mod configuration;
mod files;

/// The sandbox's UPI-APPID. Like everything here it is visibly not a real one.
pub const APP_ID: &str = "SANDBOX1";
/// The path that a sandbox answers on.
pub const REQUEST_PATH: &str = "/uais/sandbox/v1/id-photo";
/// The member's IIN.
pub const MEMBER_IIN: &str = "00000000";
/// The member's name.
pub const MEMBER_NAME: &str = "Sandbox Member";

/// The certificate id of the participant's signing key.
pub const PARTICIPANT_KID: &str = "sandbox-participant-1";
/// The certificate id of UPI's signing key.
pub const UPI_SIGNING_KID: &str = "sandbox-upi-signing-1";
/// The certificate id of UPI's encryption key.
pub const UPI_ENCRYPTION_KID: &str = "sandbox-upi-encryption-1";

/// Both sides' keys: participant signing, UPI signing, UPI encryption; each with a kid.
pub struct Kit {
    participant: Pem,
    upi_signing: Pem,
    upi_encryption: Pem,
}

/// A private key as PKCS#8 PEM: a kit gives out keys more than once.
struct Pem(Secret<String>);

impl Kit {
    /// Three new RSA-2048 keys, made in three threads; takes some tenths of a second, so
    /// call it where blocking is allowed.
    ///
    /// # Errors
    /// The operating system gives no randomness or no thread.
    pub fn generate() -> Result<Self, KitError> {
        let [participant, upi_signing, upi_encryption] = thread::scope(|scope| {
            let start = || thread::Builder::new().spawn_scoped(scope, Pem::generate);
            let threads = [start(), start(), start()];
            threads.map(|thread| {
                let made = thread.map_err(KitError::Thread)?.join();
                made.unwrap_or(Err(KitError::NoKey))
            })
        });
        Ok(Self {
            participant: participant?,
            upi_signing: upi_signing?,
            upi_encryption: upi_encryption?,
        })
    }

    /// The participant's part: own private key, UPI's public keys.
    ///
    /// # Errors
    /// A key that cannot be read.
    pub fn participant(&self) -> Result<gateway::Keys, KitError> {
        Ok(gateway::Keys {
            signing: (
                Kid::parse(PARTICIPANT_KID)?,
                self.participant.private()?.into(),
            ),
            next_signing: None,
            encryption: (
                Kid::parse(UPI_ENCRYPTION_KID)?,
                self.upi_encryption.public()?,
            ),
            verification: vec![(Kid::parse(UPI_SIGNING_KID)?, self.upi_signing.public()?)],
        })
    }

    /// UPI's part: own private keys, the participant's public key.
    ///
    /// # Errors
    /// A key that cannot be read.
    pub fn upi(&self) -> Result<super::Keys, KitError> {
        Ok(super::Keys {
            participant: (Kid::parse(PARTICIPANT_KID)?, self.participant.public()?),
            signing: (Kid::parse(UPI_SIGNING_KID)?, self.upi_signing.private()?),
            encryption: (
                Kid::parse(UPI_ENCRYPTION_KID)?,
                self.upi_encryption.private()?,
            ),
        })
    }
}

impl Pem {
    fn generate() -> Result<Self, KitError> {
        Ok(Self(PrivateKey::generate()?.to_pkcs8_pem()?))
    }

    fn private(&self) -> Result<PrivateKey, KitError> {
        Ok(PrivateKey::load(self.0.expose().as_bytes(), None)?)
    }

    fn public(&self) -> Result<PublicKey, KitError> {
        Ok(self.private()?.public()?)
    }
}

/// Why there is no kit.
#[derive(Debug, thiserror::Error)]
pub enum KitError {
    /// A key cannot be made or read.
    #[error("a key of the sandbox cannot be made or read")]
    Key(#[from] KeyError),
    /// A kid of ours is not valid.
    #[error("a kid of the sandbox cannot be used")]
    Kid(#[from] Flaw),
    /// No thread to make a key in.
    #[error("no thread to make a key in")]
    Thread(#[source] io::Error),
    /// A thread ended without a key.
    #[error("a key was not made")]
    NoKey,
    /// Keys are never overwritten.
    #[error("{0} exists already; keys are never overwritten")]
    Exists(PathBuf),
    /// A file or directory cannot be read or written.
    #[error("{path} cannot be read or written")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that holds no key.
    #[error("{path} holds no usable key")]
    KeyFile {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: KeyError,
    },
}
