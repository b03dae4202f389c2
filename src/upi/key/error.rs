//! Why key material is refused.

/// Why key material was refused. Never holds any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing in the file looks like a key or a certificate.
    #[error("not a key or certificate in any known form")]
    UnknownForm,
    /// The form is known, the content is not what the form promises.
    #[error("the key or certificate is damaged, or of an unsupported kind")]
    Malformed,
    /// The key is encrypted and no passphrase was given.
    #[error("the key is encrypted, and no passphrase is given")]
    PassphraseMissing,
    /// The passphrase does not open the key.
    #[error("the passphrase does not open the key")]
    PassphraseWrong,
    /// OpenSSL before 3.3 opens no PKCS#12 without a MAC, which RFC 7292 leaves to the writer.
    #[error("the PKCS#12 archive has no MAC; export it again with one")]
    NoMac,
    /// The key is encrypted in a way that OpenSSL no longer reads (RC2, single DES).
    #[error("the key is encrypted by an outdated cipher; export it again with AES-256")]
    OutdatedCipher,
    /// The key belongs to another algorithm.
    #[error("not an RSA key")]
    NotRsa,
    /// The RSA modulus is too short.
    #[error("the RSA key has {bits} bits; at least 2048 are required")]
    TooWeak {
        /// Length of its modulus.
        bits: u32,
    },
    /// There is no private key in it.
    #[error("it holds no private key, and one is needed here")]
    PublicWherePrivateBelongs,
    /// A private key was given where somebody else's public key belongs.
    #[error("it holds a private key, and only a public one belongs here")]
    PrivateWherePublicBelongs,
    /// OpenSSL refused to make, export or use the key.
    #[error("the key cannot be made or used")]
    Unusable,
}
