//! Who is verified: a name and an identity number, checked before UPI is paid to look.

mod id_number;
mod name;

pub use id_number::IdNumber;
pub use name::PersonName;

use super::secret::Secret;

/// Who is verified.
pub struct Person {
    /// The name.
    pub name: PersonName,
    /// The number.
    pub id_number: IdNumber,
}

/// The first characters of a text, one more than the `max` that are allowed: enough to see
/// that it is too long. Room for all of them is made at once, since a text that grows leaves
/// copies behind that nobody wipes.
fn bounded(characters: impl Iterator<Item = char>, max: usize) -> Secret<String> {
    let most = max + 1;
    let mut text = String::with_capacity(most * char::MAX_LEN_UTF8);
    text.extend(characters.take(most));
    Secret::new(text)
}
