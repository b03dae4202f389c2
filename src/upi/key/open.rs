//! Reads one part of a key file with OpenSSL.

use openssl::error::ErrorStack;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{Id, PKey, PKeyRef, Private, Public};
use openssl::rsa::Rsa;
use openssl::x509::X509;

use super::KeyError;
use super::form::Form;
use super::parts::Part;
use crate::domain::Secret;

// Of OpenSSL's err.h and pkcs12err.h; the openssl crate does not name them.
const ERR_LIB_EVP: i32 = 6;
const ERR_R_UNSUPPORTED: i32 = 0x8010c;
const ERR_LIB_PKCS12: i32 = 35;
const PKCS12_R_MAC_ABSENT: i32 = 108;
const PKCS12_R_MAC_VERIFY_FAILURE: i32 = 113;

/// The private RSA key of a part, and its certificate if the part holds one.
pub(super) fn private(
    part: &Part,
    passphrase: Option<&Secret<String>>,
) -> Result<(PKey<Private>, Option<X509>), KeyError> {
    let content = part.content.as_slice();
    let (key, certificate) = match part.form {
        Form::Pkcs12 => pkcs12(content, passphrase)?,
        // OpenSSL asks the terminal when it gets no passphrase: it always gets one here.
        Form::EncryptedPkcs8 | Form::EncryptedPkcs1 => {
            let passphrase = passphrase.ok_or(KeyError::PassphraseMissing)?;
            let fill = |buffer: &mut [u8]| Ok(enter(passphrase, buffer));
            let key = match part.form {
                Form::EncryptedPkcs8 => PKey::private_key_from_pkcs8_callback(content, fill),
                _ => PKey::private_key_from_pem_callback(content, fill),
            };
            (key.map_err(|stack| decryption_error(&stack))?, None)
        }
        Form::Sec1 => return Err(KeyError::NotRsa),
        _ => {
            let key = PKey::private_key_from_der(content);
            (key.map_err(|_| KeyError::Malformed)?, None)
        }
    };
    require_rsa(&key)?;
    Ok((key, certificate))
}

/// The public RSA key of a part, and the certificate if the part is one.
pub(super) fn public(part: &Part) -> Result<(PKey<Public>, Option<X509>), KeyError> {
    let content = part.content.as_slice();
    let (key, certificate) = match part.form {
        Form::Certificate => {
            let certificate = X509::from_der(content).map_err(|_| KeyError::Malformed)?;
            (certificate.public_key(), Some(certificate))
        }
        Form::Pkcs1Public => {
            let key = Rsa::public_key_from_der_pkcs1(content).and_then(PKey::from_rsa);
            (key, None)
        }
        _ => (PKey::public_key_from_der(content), None),
    };
    let key = key.map_err(|_| KeyError::Malformed)?;
    require_rsa(&key)?;
    Ok((key, certificate))
}

fn pkcs12(
    der: &[u8],
    passphrase: Option<&Secret<String>>,
) -> Result<(PKey<Private>, Option<X509>), KeyError> {
    let archive = Pkcs12::from_der(der).map_err(|_| KeyError::Malformed)?;
    let text = passphrase.map_or("", |passphrase| passphrase.expose());
    // `parse2` makes a C string of it.
    if text.contains('\0') {
        return Err(KeyError::PassphraseWrong);
    }
    let parsed = archive.parse2(text).map_err(|stack| {
        if has(&stack, ERR_LIB_PKCS12, PKCS12_R_MAC_ABSENT) {
            return KeyError::NoMac;
        }
        if !has(&stack, ERR_LIB_PKCS12, PKCS12_R_MAC_VERIFY_FAILURE) {
            return decryption_error(&stack);
        }
        match passphrase {
            Some(_) => KeyError::PassphraseWrong,
            None => KeyError::PassphraseMissing,
        }
    })?;
    let key = parsed.pkey.ok_or(KeyError::PublicWherePrivateBelongs)?;
    Ok((key, parsed.cert))
}

/// Puts the passphrase where OpenSSL wants it; one that is too long can only be wrong.
fn enter(passphrase: &Secret<String>, buffer: &mut [u8]) -> usize {
    let passphrase = passphrase.expose().as_bytes();
    match buffer.get_mut(..passphrase.len()) {
        Some(buffer) => {
            buffer.copy_from_slice(passphrase);
            passphrase.len()
        }
        None => 0,
    }
}

fn decryption_error(stack: &ErrorStack) -> KeyError {
    if has(stack, ERR_LIB_EVP, ERR_R_UNSUPPORTED) {
        KeyError::OutdatedCipher
    } else {
        KeyError::PassphraseWrong
    }
}

fn has(stack: &ErrorStack, library: i32, reason: i32) -> bool {
    stack
        .errors()
        .iter()
        .any(|error| error.library_code() == library && error.reason_code() == reason)
}

fn require_rsa<T>(key: &PKeyRef<T>) -> Result<(), KeyError> {
    if key.id() == Id::RSA {
        Ok(())
    } else {
        Err(KeyError::NotRsa)
    }
}
