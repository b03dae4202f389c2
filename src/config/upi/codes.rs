//! `upi.response_codes`: what UPI's codes mean, where they differ from our table.

use std::collections::BTreeMap;

use super::super::field::Field;
use super::super::kind::{Choice, Flaw, Flaws, Kind, one_of};
use super::super::schema::shown;
use super::super::value::{Shape, Value, quote};
use crate::domain::{Category, ResponseCode};

/// "The check was done": what it means decides whether there is an answer at all.
const COMPARED: &str = "00";

impl Choice for Category {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("NOT_CONFIRMED", Self::NotConfirmed),
        ("INVALID_REQUEST", Self::InvalidRequest),
        ("DUPLICATE_ORDER", Self::DuplicateOrder),
        ("NOT_PERMITTED", Self::NotPermitted),
        ("SOURCE_UNAVAILABLE", Self::SourceUnavailable),
        ("OTHER", Self::Other),
    ];
}

type Codes = BTreeMap<ResponseCode, Category>;

pub static RESPONSE_CODES: Field<Codes> = Field::new("upi.response_codes", CODES, |config| {
    Some(config.upi.response_codes.clone())
})
.default(BTreeMap::new)
.about(
    "Categories of response codes that differ from our table, or are not in it. Code 00 \
     cannot be changed.",
);

const CODES: Kind<Codes> = Kind {
    shape: Shape::Toml,
    expected: || "a table of codes such as { 70 = \"NOT_CONFIRMED\" }".to_owned(),
    read: |value| match value {
        Value::Table(table) => codes(table),
        _ => Err(Flaws::Unexpected),
    },
    write: |codes| {
        let codes: Vec<_> = codes.iter().map(write).collect();
        match codes.is_empty() {
            true => "{}".to_owned(),
            false => format!("{{ {} }}", codes.join(", ")),
        }
    },
};

fn write((code, category): (&ResponseCode, &Category)) -> String {
    format!("{} = {}", code.as_str(), quote(category.name()))
}

fn codes(table: &BTreeMap<String, Value>) -> Result<Codes, Flaws> {
    let mut codes = Codes::new();
    let mut flaws = Vec::new();
    for (name, value) in table {
        match code(name, value) {
            Ok((code, category)) => {
                codes.insert(code, category);
            }
            Err(text) => flaws.push(Flaw {
                part: format!(".{}", shown(name)),
                text,
            }),
        }
    }
    if flaws.is_empty() {
        Ok(codes)
    } else {
        Err(Flaws::Parts(flaws))
    }
}

fn code(name: &str, value: &Value) -> Result<(ResponseCode, Category), String> {
    let code = ResponseCode::parse(name)
        .ok_or_else(|| "not a response code: expected two letters or digits".to_owned())?;
    if name == COMPARED {
        return Err("cannot be changed: it means that the faces were compared".to_owned());
    }
    let category = value.text().and_then(Category::named);
    let category = category.ok_or_else(|| format!("expected {}", one_of::<Category>()))?;
    Ok((code, category))
}
