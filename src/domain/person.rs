//! Name and identity number.
use super::rules::Rules;
use super::secret::Secret;
use super::violation::Violation;
use time::OffsetDateTime;

/// Who is verified.
pub struct Person {
    /// The name.
    pub name: PersonName,
    /// The number.
    pub id_number: IdNumber,
}
/// A checked, normalised name.
pub struct PersonName(Secret<String>);
impl PersonName {
    /// Field `customer.name`.
    pub fn parse(text: &Secret<String>, rules: &Rules) -> Result<Self, Violation> {
        todo!()
    }
    /// customerNm
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}
/// A checked, normalised number.
pub struct IdNumber(Secret<String>);
impl IdNumber {
    /// Field `customer.id_number`.
    pub fn parse(
        text: &Secret<String>,
        rules: &Rules,
        now: OffsetDateTime,
    ) -> Result<Self, Violation> {
        todo!()
    }
    /// certifID
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}
