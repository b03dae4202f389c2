//! One verification: a draft as the caller gave it, and the checked request.

use bytes::Bytes;
use time::OffsetDateTime;

use super::caller::CallerName;
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
    /// `merchant`; `None` takes the one of the gateway.
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
    /// Who asks, where callers have names; a part of the content, so that nobody else meets the
    /// same order. [`Verification::check`] leaves it empty.
    pub caller: Option<CallerName>,
}

impl Verification {
    /// Checks a draft against all rules. A draft without a merchant takes `merchant`, if there is one.
    ///
    /// `now` decides whether a birth date lies in the future (in China's time zone).
    ///
    /// # Errors
    /// Every broken rule at once, in the order of the request's fields.
    pub fn check(
        draft: Draft,
        merchant: Option<&Merchant>,
        rules: &Rules,
        now: OffsetDateTime,
    ) -> Result<Self, Violations> {
        let mut found = Vec::new();
        let order_id = keep(OrderId::parse(&draft.order_id), &mut found);
        let name = keep(PersonName::parse(&draft.name, rules), &mut found);
        let id_number = keep(IdNumber::parse(&draft.id_number, rules, now), &mut found);
        let photo = keep(Photo::parse(draft.photo, rules), &mut found);
        let consent = keep_all(Consent::parse(draft.consent, rules), &mut found);
        let merchant = match draft.merchant {
            Some(named) => keep_all(Merchant::parse(named, rules), &mut found),
            None => merchant.cloned(),
        };
        match (order_id, name, id_number, photo, consent, merchant) {
            (Some(order_id), Some(name), Some(id_number), Some(photo), Some(consent), merchant)
                if found.is_empty() =>
            {
                Ok(Self {
                    order_id,
                    person: Person { name, id_number },
                    photo,
                    consent,
                    merchant,
                    caller: None,
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use time::OffsetDateTime;

    use super::{Draft, Verification};
    use crate::domain::sample;
    use crate::domain::{ConsentDraft, Merchant, MerchantDraft, Rules, Secret, Violations};

    const FIELDS: [&str; 11] = [
        "order_id",
        "customer.name",
        "customer.id_number",
        "photo",
        "consent.usage_scenario",
        "consent.purpose",
        "consent.agreement_version",
        "consent.agreement_serial",
        "merchant.id",
        "merchant.name",
        "merchant.category_code",
    ];

    /// The same text in every field.
    fn filled(text: &str) -> Draft {
        let text = || text.to_owned();
        Draft {
            order_id: text(),
            name: Secret::new(text()),
            id_number: Secret::new(text()),
            photo: Bytes::from(text()),
            consent: ConsentDraft {
                usage_scenario: text(),
                purpose: text(),
                agreement_version: text(),
                agreement_serial: text(),
            },
            merchant: Some(MerchantDraft {
                id: text(),
                name: text(),
                category_code: text(),
            }),
        }
    }

    fn merchant(id: &str) -> MerchantDraft {
        MerchantDraft {
            id: id.to_owned(),
            name: "shop".to_owned(),
            category_code: "6011".to_owned(),
        }
    }

    fn wrong(draft: Draft) -> Violations {
        let checked =
            Verification::check(draft, None, &Rules::default(), OffsetDateTime::now_utc());
        checked.map(|_| "nothing is wrong").unwrap_err()
    }

    fn fields(found: &Violations) -> Vec<&'static str> {
        found.iter().map(|violation| violation.field).collect()
    }

    #[test]
    fn an_empty_request_misses_every_field_in_order() {
        let found = wrong(filled(""));
        assert_eq!(fields(&found), FIELDS);
        assert!(
            found
                .iter()
                .all(|violation| violation.description == "is required")
        );
    }

    #[test]
    fn violations_come_in_order_and_show_no_value() {
        let canary = "canary\u{7}";
        let found = wrong(filled(canary));
        assert_eq!(fields(&found), FIELDS);
        assert!(!found.to_string().contains("canary"));
        // The texts depend on the rules alone.
        assert_eq!(found, wrong(filled("another\u{7}")));
    }

    #[test]
    fn one_bad_field_of_a_merchant_fails_the_request() {
        let mut draft = sample::draft("merchant");
        draft.merchant = Some(MerchantDraft {
            category_code: "no".to_owned(),
            ..merchant("1")
        });
        assert_eq!(fields(&wrong(draft)), ["merchant.category_code"]);
    }

    #[test]
    fn a_good_draft_keeps_its_values() {
        let checked = sample::verification("good");
        assert_eq!(checked.person.name.expose(), "李雷");
        assert_eq!(checked.person.id_number.expose(), "11010519491231002X");
        assert_eq!(checked.photo.bytes(), sample::png());
        assert_eq!(checked.consent.purpose(), "identity check");
        assert!(checked.merchant.is_none());
    }

    #[test]
    fn a_merchant_of_the_gateway_stands_in_for_one_that_is_not_named() {
        let ours = merchant("1");
        let checked = |named: Option<MerchantDraft>| {
            let mut draft = sample::draft("merchant");
            draft.merchant = named;
            let (rules, now) = (Rules::default(), OffsetDateTime::now_utc());
            let ours = Merchant::parse(ours.clone(), &rules).unwrap();
            let checked = Verification::check(draft, Some(&ours), &rules, now);
            let merchant = checked.map(|request| request.merchant.unwrap().id().to_owned());
            merchant.map_err(|found| fields(&found))
        };
        assert_eq!(checked(None), Ok("1".to_owned()));
        assert_eq!(checked(Some(merchant("2"))), Ok("2".to_owned()));
        let wrong = checked(Some(merchant("")));
        assert_eq!(wrong, Err(vec!["merchant.id"]));
    }
}
