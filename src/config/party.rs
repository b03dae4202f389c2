//! `member.*` and `merchant.*`: on whose behalf UPI is asked.

use super::field::{Field, Key};
use super::kind::TEXT;
use super::placeholder;
use super::reader::Reader;
use crate::domain::{Member, Merchant, MerchantDraft, Rules, Violation};

static IIN: Field<String> = Field::new("member.iin", TEXT, |config| {
    Some(config.member.iin().to_owned())
})
.required()
.not_required_in_sandbox()
.about("The member's IIN at UPI: 8 letters or digits.");

static NAME: Field<String> = Field::new("member.name", TEXT, |config| {
    Some(config.member.name().to_owned())
})
.required()
.not_required_in_sandbox()
.about("The member's name, 1 to 40 characters.");

static MERCHANT_ID: Field<String> = Field::new("merchant.id", TEXT, |config| {
    let merchant = config.merchant.as_ref();
    merchant.map(|merchant| merchant.id().to_owned())
})
.about(
    "The merchant of requests that name none: its id, 1 to 15 characters. All three keys of \
     this section or none.",
);

static MERCHANT_NAME: Field<String> = Field::new("merchant.name", TEXT, |config| {
    let merchant = config.merchant.as_ref();
    merchant.map(|merchant| merchant.name().to_owned())
})
.about("Its name, 1 to 25 characters.");

static CATEGORY_CODE: Field<String> = Field::new("merchant.category_code", TEXT, |config| {
    let merchant = config.merchant.as_ref();
    merchant.map(|merchant| merchant.category_code().to_owned())
})
.about("Its category code (MCC), 4 digits in quotes.");

/// In the order of the reference.
pub const MEMBER_KEYS: &[&dyn Key] = &[&IIN, &NAME];

/// In the order of the reference.
pub const MERCHANT_KEYS: &[&dyn Key] = &[&MERCHANT_ID, &MERCHANT_NAME, &CATEGORY_CODE];

pub fn member(reader: &mut Reader, rules: &Rules) -> Option<Member> {
    let placeholder = |text: &str| reader.sandboxed.then(|| text.to_owned());
    let (iin, name) = (
        placeholder(placeholder::MEMBER_IIN),
        placeholder(placeholder::MEMBER_NAME),
    );
    let iin = read_or(reader, &IIN, iin);
    let name = read_or(reader, &NAME, name);
    let member = Member::parse(&iin?, &name?, rules.free_text);
    member.map_err(|violations| reject(reader, violations)).ok()
}

pub fn merchant(reader: &mut Reader, rules: &Rules) -> Option<Merchant> {
    let keys = [&MERCHANT_ID, &MERCHANT_NAME, &CATEGORY_CODE];
    if !keys.iter().any(|key| reader.has(key)) {
        return None;
    }
    let [id, name, category_code] = keys.map(|key| read_or(reader, key, Some(String::new())));
    let draft = MerchantDraft {
        id: id?,
        name: name?,
        category_code: category_code?,
    };
    let merchant = Merchant::parse(draft, rules);
    merchant
        .map_err(|violations| reject(reader, violations))
        .ok()
}

/// The value, or `other` when no source has the key.
fn read_or(reader: &mut Reader, field: &Field<String>, other: Option<String>) -> Option<String> {
    let given = reader.has(field);
    reader.get(field).or(other.filter(|_| !given))
}

/// The domain's fields are called as the keys are.
fn reject(reader: &mut Reader, violations: Vec<Violation>) {
    for Violation { field, description } in violations {
        reader.reject(field, description);
    }
}
