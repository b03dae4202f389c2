//! The door for `fuzz/` to what is private here. It is built with `--cfg fuzzing` alone.

use super::members::Members;
use super::request::Examiner;
use crate::domain::Rules;
use crate::upi::gateway::PhotoPlacement;
use crate::upi::jwe::JweError;
use crate::upi::key::{Kid, PrivateKey};

/// The sandbox's checks of a body whose signature is good.
pub struct Reader(Examiner);

impl Reader {
    /// Decrypts with this key; the photo stands beside `encData`.
    ///
    /// # Errors
    /// The key cannot be used.
    pub fn new(kid: Kid, key: PrivateKey, rules: Rules) -> Result<Self, JweError> {
        Examiner::new(&(kid, key), PhotoPlacement::Beside, rules).map(Self)
    }

    /// The order id of a request that passed every check.
    ///
    /// # Errors
    /// The words that go into the answer.
    pub fn read(&self, body: &[u8]) -> Result<String, String> {
        let members = Members::read(body).ok_or("not an object")?;
        let examined = self.0.examine(&members);
        examined
            .map(|accepted| accepted.order_id.to_string())
            .map_err(|refusal| refusal.to_string())
    }
}
