//! A key in a token: opened, and tried once, as everything else that a configuration names.

use std::path::Path;

use super::judge::Judge;
use super::material::{Half, Material};
use super::read::{read_file, to_passphrase};
use crate::config::TokenDraft;
use crate::domain::Secret;
use crate::telemetry::TokenSessions;
use crate::upi::jws::SigningKey;
use crate::upi::key::{Inspection, inspect};
use crate::upi::token::{self, Part, Tally, TokenError, TokenKey, TokenSettings};

/// What [`Inspection::form`] says of it.
const FORM: &str = "a key in a PKCS#11 token";

impl Judge<'_> {
    /// Opens the key and has it sign a sample.
    pub(super) fn token(&mut self, material: &mut Material, draft: &TokenDraft) {
        const MODULE: &str = "name the PKCS#11 library of the token's maker, for this machine";
        let (module, pin) = ("pkcs11.module", "pkcs11.pin_file");
        if let Err(error) = std::fs::metadata(&draft.module) {
            let text = format!("cannot be read ({error})");
            self.wrong(material.key(module), text, MODULE);
            return;
        }
        if self.read(&material.key(pin), &draft.pin_file).is_none() {
            return;
        }
        match TokenKey::open(&settings(draft), pin_in) {
            Ok(key) => self.opened(material, &key),
            Err(error) => {
                let key = material.key(place(error.part()));
                self.wrong(key, &error, advice(&error));
            }
        }
    }

    fn opened(&mut self, material: &mut Material, key: &TokenKey) {
        let public = key.public().and_then(|public| public.to_spki_pem().ok());
        let found = public.and_then(|public| inspect(public.as_bytes(), None).ok());
        material.found = found.map(|found| Inspection {
            form: FORM,
            private: true,
            ..found
        });
        material.is_private = true;
        material.half = Some(Half::Private(SigningKey::Token(key.clone())));
        if key.is_extractable() {
            let text = "the private key can be taken out of the token (CKA_EXTRACTABLE)";
            let advice = "make one in the token that cannot, and have UPI register it";
            self.warn(material.source(), text, advice);
        }
    }
}

/// How the sessions of keys in tokens stand, for the metrics.
#[must_use]
pub fn token_sessions() -> Vec<TokenSessions> {
    let stand = |(token, key, tally): (String, String, Tally)| TokenSessions {
        token,
        key,
        states: [
            ("open", tally.open),
            ("closed", tally.closed),
            ("hung", tally.hung),
        ],
    };
    token::sessions().into_iter().map(stand).collect()
}

/// No call to a token is under way from now on. For the end of the process, which may crash under one;
/// a token that hangs is waited for no longer than a second.
pub fn end_token_calls() {
    token::end_all();
}

fn settings(draft: &TokenDraft) -> TokenSettings {
    TokenSettings {
        module: draft.module.clone(),
        token: draft.token.clone(),
        label: draft.label.clone(),
        id: draft.id.as_ref().map(|id| id.0.clone()),
        pin_file: draft.pin_file.clone(),
        sessions: draft.sessions,
        timeout: draft.timeout,
    }
}

fn pin_in(path: &Path) -> Result<Secret<String>, String> {
    let bytes = read_file(path).map_err(|error| format!("the file {error}"))?;
    let pin = to_passphrase(bytes).map_err(|_| "the file is not UTF-8 text".to_owned())?;
    match pin.expose().is_empty() {
        true => Err("the file is empty".to_owned()),
        false => Ok(pin),
    }
}

const fn place(part: Part) -> &'static str {
    match part {
        Part::Module => "pkcs11.module",
        Part::Token => "pkcs11.token",
        Part::Label => "pkcs11.label",
        Part::PinFile => "pkcs11.pin_file",
    }
}

const fn advice(error: &TokenError) -> &'static str {
    match error {
        TokenError::NotBuilt => "build it with the feature pkcs11, or name a key file",
        TokenError::Module(_) => "name the PKCS#11 library of the token's maker, for this machine",
        TokenError::Call { .. }
        | TokenError::TimedOut
        | TokenError::Hung
        | TokenError::Busy
        | TokenError::Ended => "look at the token and at its maker's own tools and configuration",
        TokenError::NoToken => {
            "list the tokens with: pkcs11-tool --module MODULE --list-token-slots"
        }
        TokenError::SeveralTokens => "give each token a label of its own",
        TokenError::PinUnreadable(_) => {
            "write the user's PIN into it as UTF-8 text, and nothing else"
        }
        TokenError::PinRefused(_) => {
            "write the PIN of the token's user, not of its officer, into it"
        }
        TokenError::PinFinalTry => {
            "log in once by the token's own tools, which sets the count back"
        }
        TokenError::PinLocked => "have the token's officer unlock it",
        TokenError::NoKey => {
            "list the keys with: pkcs11-tool --module MODULE --login --list-objects"
        }
        TokenError::SeveralKeys => "name the id of one in pkcs11.id",
        TokenError::NoPublicHalf => {
            "put the public key object beside it, under the same label and id"
        }
        TokenError::Unfit(_) => "UPI takes RS256 only: make an RSA key of 2048 bits or more",
        TokenError::MayNotSign => "make a key that may sign",
        TokenError::AlwaysAuthenticate => "make a key without it: the gateway keeps no PIN",
        TokenError::WrongSignature => "look whether the public key beside it is another key's",
        TokenError::OtherKey => "restart the gateway, if the key was changed on purpose",
    }
}
