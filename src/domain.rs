//! What a verification is made of: newtypes whose only constructors check.
//!
//! Sources: the API page of "ID Card Photo Verification" for lengths and presence,
//! GB 11643-1999 for identity numbers, ISO/IEC 10918-1 and 15948 for photos.

pub mod budget;
pub mod caller;
pub mod consent;
pub mod dispatch;
pub mod merchant;
pub mod order_id;
pub mod outcome;
pub mod person;
pub mod photo;
pub mod request;
pub mod rights;
pub mod rules;
#[cfg(test)]
pub(crate) mod sample;
pub mod secret;
pub mod text;
pub mod violation;

pub use budget::{Budget, Span};
pub use caller::{ANONYMOUS, CallerName, Identity, subject, user};
pub use consent::{Consent, ConsentDraft};
pub use dispatch::Dispatch;
pub use merchant::{Member, Merchant, MerchantDraft};
pub use order_id::OrderId;
pub use outcome::{Answer, Category, Confidence, Outcome, Rejection, ResponseCode};
pub use person::{IdNumber, Person, PersonName};
pub use photo::{Photo, PhotoFormat};
pub use request::{Draft, Verification};
pub use rights::{Method, Reads, Rights};
pub use rules::{FreeText, IdNumberRule, NameRule, PhotoLimits, Rules};
pub use secret::{Secret, WipedBytes};
pub use violation::{Violation, Violations};
