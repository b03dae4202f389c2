//! Why a token does not sign.

/// Why a token does not sign. Never holds a PIN, nor any other value of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The feature `pkcs11` was left out.
    #[error("this program was built without PKCS#11 (cargo feature pkcs11)")]
    NotBuilt,
    /// Not a library, or none for this machine.
    #[error("cannot be loaded as a PKCS#11 module{0}")]
    Module(String),
    /// A function of the module failed.
    #[error("the token does not work: {function} says {value}")]
    Call {
        /// `C_Sign`.
        function: String,
        /// `CKR_DEVICE_ERROR`.
        value: String,
    },
    /// No token has the label.
    #[error("no token with this label is present")]
    NoToken,
    /// More than one has.
    #[error("several tokens have this label")]
    SeveralTokens,
    /// The PIN cannot be read.
    #[error("the PIN cannot be read: {0}")]
    PinUnreadable(String),
    /// The token does not take the PIN.
    #[error("the token refuses the PIN ({0}); it is not tried again until it changes")]
    PinRefused(String),
    /// One more wrong PIN would lock the token.
    #[error("one more wrong PIN would lock the token, so none is tried")]
    PinFinalTry,
    /// So many wrong ones were tried.
    #[error("the token is locked: too many wrong PINs were tried")]
    PinLocked,
    /// No private key has label and id.
    #[error("the token has no private key of this label (and id)")]
    NoKey,
    /// More than one has.
    #[error("the token has several private keys of this label")]
    SeveralKeys,
    /// The token shows no public half.
    #[error("the token does not tell the public half of the key")]
    NoPublicHalf,
    /// It is of another kind, or too short.
    #[error("the key is of no use: {0}")]
    Unfit(#[from] super::super::key::KeyError),
    /// `CKA_SIGN` is false.
    #[error("the key may not sign (CKA_SIGN)")]
    MayNotSign,
    /// `CKA_ALWAYS_AUTHENTICATE` is true.
    #[error("the key wants the PIN for each signature (CKA_ALWAYS_AUTHENTICATE)")]
    AlwaysAuthenticate,
    /// Its signature does not verify by its public half.
    #[error("the token makes signatures that do not verify")]
    WrongSignature,
    /// Somebody put another key under the label.
    #[error("the token has another key under this label than before")]
    OtherKey,
    /// The token took too long.
    #[error("the token did not sign in time")]
    TimedOut,
    /// All sessions are in calls that do not return.
    #[error("the token hangs: no call to it returns")]
    Hung,
    /// More requests wait for a signature than can be made in time.
    #[error("too many requests wait for the token")]
    Busy,
    /// No thread for a session, or none any more.
    #[error("the token's threads are gone")]
    Ended,
}

/// Which part of the configuration an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `module`.
    Module,
    /// `token`.
    Token,
    /// `label`.
    Label,
    /// `pin_file`.
    PinFile,
}

impl TokenError {
    /// Which part of the configuration it is about.
    #[must_use]
    pub const fn part(&self) -> Part {
        match self {
            Self::NotBuilt | Self::Module(_) | Self::Ended => Part::Module,
            Self::Call { .. }
            | Self::NoToken
            | Self::SeveralTokens
            | Self::TimedOut
            | Self::Hung
            | Self::Busy => Part::Token,
            Self::PinUnreadable(_) | Self::PinRefused(_) | Self::PinFinalTry | Self::PinLocked => {
                Part::PinFile
            }
            Self::NoKey
            | Self::SeveralKeys
            | Self::NoPublicHalf
            | Self::Unfit(_)
            | Self::MayNotSign
            | Self::AlwaysAuthenticate
            | Self::WrongSignature
            | Self::OtherKey => Part::Label,
        }
    }
}
