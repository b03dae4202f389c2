//! Bearer tokens: JSON Web Tokens (RFC 7519) by which a caller proves who it is.
//!
//! A token is believed only when a key of the issuer's set signed it with one of four algorithms,
//! and its issuer, audience and times are right. The key is found by `kid`, and the key decides
//! which algorithms there are: `none` and HMAC do not exist here. The keys come from a file, or from
//! a URL that is read again now and then, and when a token names a key that is not known.

mod algorithm;
mod checker;
mod claims;
mod fetch;
mod form;
mod key_set;
mod proven;
mod reading;
mod source;
#[cfg(test)]
pub(crate) mod tests;
mod url;

pub use checker::Checker;
pub use fetch::{FetchError, Fetcher};
pub use key_set::{KeySet, KeySetError};
pub use source::{Pace, Settings, Source};
pub use url::JwksUrl;
