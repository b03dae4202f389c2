//! What a token tells of a key.

use openssl::pkey::{PKey, Public};
#[cfg(feature = "pkcs11")]
use {
    super::{TokenError, TokenSettings},
    crate::upi::key::KeyError,
    cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    cryptoki::session::Session,
    openssl::bn::BigNum,
    openssl::rsa::{Padding, Rsa},
};

/// What a token tells of a key.
#[derive(Clone)]
pub struct Facts {
    /// Its public half.
    pub public: PKey<Public>,
    /// DER of that: by it keys are told apart.
    pub spki: Vec<u8>,
    /// Whether the private half can be taken out of the token.
    pub is_extractable: bool,
}

#[cfg(feature = "pkcs11")]
impl Facts {
    /// Whether a signature over the sample is this key's.
    pub fn check(&self, signature: &[u8]) -> Result<(), TokenError> {
        let wrong = |_| TokenError::WrongSignature;
        let mut context = openssl::pkey_ctx::PkeyCtx::new(&self.public).map_err(wrong)?;
        context.verify_init().map_err(wrong)?;
        context.set_rsa_padding(Padding::PKCS1).map_err(wrong)?;
        let sha256 = openssl::md::Md::sha256();
        context.set_signature_md(sha256).map_err(wrong)?;
        match context.verify(&super::SAMPLE, signature) {
            Ok(true) => Ok(()),
            _ => Err(TokenError::WrongSignature),
        }
    }
}

/// What the token tells of this key.
#[cfg(feature = "pkcs11")]
pub fn of(
    session: &Session,
    key: ObjectHandle,
    settings: &TokenSettings,
) -> Result<Facts, TokenError> {
    let told = attributes(
        session,
        key,
        &[
            AttributeType::KeyType,
            AttributeType::Sign,
            AttributeType::AlwaysAuthenticate,
            AttributeType::Extractable,
        ],
    )?;
    let other = |one: &Attribute| matches!(one, Attribute::KeyType(kind) if *kind != KeyType::RSA);
    if told.iter().any(other) {
        return Err(KeyError::NotRsa.into());
    }
    if told.contains(&Attribute::Sign(false)) {
        return Err(TokenError::MayNotSign);
    }
    if told.contains(&Attribute::AlwaysAuthenticate(true)) {
        return Err(TokenError::AlwaysAuthenticate);
    }
    let public = public(session, key, settings)?;
    if public.bits() < crate::upi::key::MIN_BITS {
        let bits = public.bits();
        return Err(KeyError::TooWeak { bits }.into());
    }
    let spki = public.public_key_to_der();
    Ok(Facts {
        spki: spki.map_err(|_| KeyError::Unusable)?,
        public,
        is_extractable: told.contains(&Attribute::Extractable(true)),
    })
}

/// The public half: the private object has it, or one of its own beside it.
#[cfg(feature = "pkcs11")]
fn public(
    session: &Session,
    key: ObjectHandle,
    settings: &TokenSettings,
) -> Result<PKey<Public>, TokenError> {
    let mut template = vec![
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::Label(settings.label.as_bytes().to_vec()),
    ];
    template.extend(settings.id.clone().map(Attribute::Id));
    let beside = session.find_objects(&template).unwrap_or_default();
    for object in [key].into_iter().chain(beside) {
        let halves = [AttributeType::Modulus, AttributeType::PublicExponent];
        let (mut modulus, mut exponent) = (None, None);
        for half in attributes(session, object, &halves)? {
            match half {
                Attribute::Modulus(bytes) if !bytes.is_empty() => modulus = Some(bytes),
                Attribute::PublicExponent(bytes) if !bytes.is_empty() => exponent = Some(bytes),
                _ => {}
            }
        }
        if let (Some(modulus), Some(exponent)) = (modulus, exponent) {
            let number = |bytes: &[u8]| BigNum::from_slice(bytes);
            let key = number(&modulus)
                .and_then(|modulus| Rsa::from_public_components(modulus, number(&exponent)?))
                .and_then(PKey::from_rsa);
            return Ok(key.map_err(|_| KeyError::Malformed)?);
        }
    }
    Err(TokenError::NoPublicHalf)
}

#[cfg(feature = "pkcs11")]
fn attributes(
    session: &Session,
    object: ObjectHandle,
    wanted: &[AttributeType],
) -> Result<Vec<Attribute>, TokenError> {
    let told = session.get_attributes(object, wanted);
    told.map_err(|error| super::module::failed(&error))
}
