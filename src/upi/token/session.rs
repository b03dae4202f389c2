//! From a module to a session that is logged in and signs by the key of the configuration.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::{Session as Native, SessionState, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;

use super::facts::{self, Facts};
use super::module::{Live, Module, Opening, failed, name};
use super::pool::{Session, Shared, Source};
use super::{ReadPin, SAMPLE, TokenError, TokenSettings};

/// `DigestInfo` of RFC 8017, section 9.2, note 1, for SHA-256; the digest follows it.
const SHA256: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// Opens sessions of one key.
pub struct Sessions {
    settings: TokenSettings,
    read_pin: ReadPin,
    /// What the key was when it was seen first.
    facts: Arc<OnceLock<Facts>>,
    /// Whether a PIN that was refused is tried again.
    forgiven: AtomicBool,
}

/// The order matters: a session counts as live until it is closed.
struct Opened {
    session: Native,
    key: ObjectHandle,
    live: Live,
}

impl Sessions {
    pub const fn new(
        settings: TokenSettings,
        read_pin: ReadPin,
        facts: Arc<OnceLock<Facts>>,
    ) -> Self {
        Self {
            settings,
            read_pin,
            facts,
            forgiven: AtomicBool::new(false),
        }
    }

    /// Whether the module may be behind what the token is by now. Some hide a token that was away, or
    /// its keys, until they begin anew. Not so for a PIN: needless logins are what locks tokens.
    fn may_be_stale(&self, error: &TokenError) -> bool {
        match error {
            TokenError::Call { .. } | TokenError::NoToken => true,
            TokenError::NoKey => self.facts.get().is_some(),
            _ => false,
        }
    }

    fn attempt(&self, module: &Arc<Module>, opening: &mut Opening) -> Result<Opened, TokenError> {
        let functions = &module.functions;
        let (slot, token) = self.slot(functions)?;
        let live = module.live();
        let session = functions.open_ro_session(slot);
        let session = session.map_err(|error| failed(&error))?;
        self.login(&session, &token, opening)?;
        let key = self.key(&session)?;
        let found = facts::of(&session, key, &self.settings)?;
        let opened = Opened { session, key, live };
        found.check(&opened.sign(&SAMPLE)?)?;
        let known = self.facts.get_or_init(|| found.clone());
        if known.spki != found.spki {
            return Err(TokenError::OtherKey);
        }
        Ok(opened)
    }

    /// A slot that cannot be asked is of somebody else, unless nobody has the label.
    fn slot(&self, functions: &Pkcs11) -> Result<(Slot, TokenInfo), TokenError> {
        let slots = functions.get_slots_with_token();
        let mut refused = None;
        let mut found = Vec::new();
        for slot in slots.map_err(|error| failed(&error))? {
            match functions.get_token_info(slot) {
                Ok(token) if token.label() == self.settings.token => found.push((slot, token)),
                Ok(_) => {}
                Err(error) => refused = Some(failed(&error)),
            }
        }
        match (found.pop(), found.is_empty()) {
            (Some(found), true) => Ok(found),
            (Some(_), false) => Err(TokenError::SeveralTokens),
            (None, _) => Err(refused.unwrap_or(TokenError::NoToken)),
        }
    }

    /// With a PIN that the token has not refused yet: each wrong one brings it nearer to a lock.
    fn login(
        &self,
        session: &Native,
        token: &TokenInfo,
        opening: &mut Opening,
    ) -> Result<(), TokenError> {
        // By another session of this process: logins are the token's, and not the session's.
        let state = session.get_session_info().map(|info| info.session_state());
        if matches!(state, Ok(SessionState::RoUser | SessionState::RwUser)) {
            return Ok(());
        }
        let pin = (self.read_pin)(&self.settings.pin_file).map_err(TokenError::PinUnreadable)?;
        let digest = blake3::hash(pin.expose().as_bytes());
        if self.forgiven.swap(false, Ordering::Relaxed) {
            opening.refused.remove(&self.settings.token);
        }
        match opening.refused.get(&self.settings.token) {
            Some((refused, error)) if *refused == digest => return Err(error.clone()),
            _ => {}
        }
        if token.user_pin_locked() {
            return Err(TokenError::PinLocked);
        }
        if token.user_pin_final_try() {
            return Err(TokenError::PinFinalTry);
        }
        let pin = AuthPin::from(Box::<str>::from(pin.expose().as_str()));
        let Err(error) = session.login(UserType::User, Some(&pin)) else {
            opening.refused.remove(&self.settings.token);
            return Ok(());
        };
        let error = match error {
            Error::Pkcs11(RvError::UserAlreadyLoggedIn, _) => return Ok(()),
            Error::Pkcs11(value, _) if is_about_the_pin(value) => {
                TokenError::PinRefused(name(value))
            }
            error => return Err(failed(&error)),
        };
        let refused = (digest, error.clone());
        opening.refused.insert(self.settings.token.clone(), refused);
        Err(error)
    }

    fn key(&self, session: &Native) -> Result<ObjectHandle, TokenError> {
        let TokenSettings { label, id, .. } = &self.settings;
        let mut template = vec![
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Label(label.as_bytes().to_vec()),
        ];
        template.extend(id.clone().map(Attribute::Id));
        let keys = session.find_objects(&template);
        let keys = keys.map_err(|error| failed(&error))?;
        match keys.as_slice() {
            [key] => Ok(*key),
            [] => Err(TokenError::NoKey),
            _ => Err(TokenError::SeveralKeys),
        }
    }
}

const fn is_about_the_pin(value: RvError) -> bool {
    matches!(
        value,
        RvError::PinIncorrect
            | RvError::PinInvalid
            | RvError::PinLenRange
            | RvError::PinExpired
            | RvError::PinLocked
    )
}

impl Source for Sessions {
    fn open(&self, threads: &Arc<Shared>) -> Result<Box<dyn Session>, TokenError> {
        let module = Module::load(&self.settings.module)?;
        module.watch(threads);
        let mut opening = module.turn()?;
        let opened = match self.attempt(&module, &mut opening) {
            Err(error) if self.may_be_stale(&error) => {
                module.begin_anew(&mut opening)?;
                self.attempt(&module, &mut opening)
            }
            opened => opened,
        };
        opened.map(|opened| Box::new(opened) as Box<dyn Session>)
    }

    fn forgive(&self) {
        self.forgiven.store(true, Ordering::Relaxed);
    }
}

impl Session for Opened {
    fn sign(&self, digest: &[u8; 32]) -> Result<Vec<u8>, TokenError> {
        let data = [&SHA256[..], digest].concat();
        let signed = self.session.sign(&Mechanism::RsaPkcs, self.key, &data);
        signed.map_err(|error| failed(&error))
    }

    fn is_stale(&self) -> bool {
        self.live.is_stale()
    }
}
