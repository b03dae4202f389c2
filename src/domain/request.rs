//! One verification: a draft as the caller gave it, and the checked request.

use bytes::Bytes;
use time::OffsetDateTime;

use super::consent::{Consent, ConsentDraft};
use super::merchant::{Merchant, MerchantDraft};
use super::order_id::OrderId;
use super::person::{IdNumber, Person, PersonName};
use super::photo::Photo;
use super::rules::Rules;
use super::secret::Secret;
use super::violation::{Violation, Violations};

/// A request as it came, nothing checked. An absent message is a draft of empty texts.
pub struct Draft {
    /// `order_id`.
    pub order_id: String,
    /// `customer.name`.
    pub name: Secret<String>,
    /// `customer.id_number`.
    pub id_number: Secret<String>,
    /// `photo`.
    pub photo: Bytes,
    /// `consent`.
    pub consent: ConsentDraft,
    /// `merchant`; `None` takes the configured one.
    pub merchant: Option<MerchantDraft>,
}

/// A request every rule of which was checked.
pub struct Verification {
    /// The idempotency key.
    pub order_id: OrderId,
    /// Who is verified.
    pub person: Person,
    /// The photo.
    pub photo: Photo,
    /// The evidence of the customer's agreement.
    pub consent: Consent,
    /// The merchant, if the member asks for one.
    pub merchant: Option<Merchant>,
}

impl Verification {
    /// Checks a draft against all rules.
    ///
    /// `now` decides whether a birth date lies in the future (in China's time zone).
    ///
    /// # Errors
    /// Every broken rule at once, in the order of the request's fields.
    pub fn check(draft: Draft, rules: &Rules, now: OffsetDateTime) -> Result<Self, Violations> {
        let mut found = Vec::new();
        let order_id = keep(OrderId::parse(&draft.order_id), &mut found);
        let name = keep(PersonName::parse(&draft.name, rules), &mut found);
        let id_number = keep(IdNumber::parse(&draft.id_number, rules, now), &mut found);
        let photo = keep(Photo::parse(draft.photo, rules), &mut found);
        let consent = keep_all(Consent::parse(draft.consent, rules), &mut found);
        let merchant = draft
            .merchant
            .map(|merchant| keep_all(Merchant::parse(merchant, rules), &mut found));
        match (order_id, name, id_number, photo, consent, merchant) {
            (Some(order_id), Some(name), Some(id_number), Some(photo), Some(consent), merchant)
                if found.is_empty() =>
            {
                Ok(Self {
                    order_id,
                    person: Person { name, id_number },
                    photo,
                    consent,
                    merchant: merchant.flatten(),
                })
            }
            _ => Err(Violations::new(found)),
        }
    }
}

fn keep<T>(checked: Result<T, Violation>, found: &mut Vec<Violation>) -> Option<T> {
    checked.map_err(|violation| found.push(violation)).ok()
}

fn keep_all<T>(checked: Result<T, Vec<Violation>>, found: &mut Vec<Violation>) -> Option<T> {
    checked.map_err(|violations| found.extend(violations)).ok()
}
