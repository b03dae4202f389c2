//! `upi.response_codes`: what UPI's codes mean, where they differ from our table.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::setting::{Choice, Flaws, Setting};
use super::super::settings::shown;
use super::super::value::{Shape, quote};
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

/// Never `00`.
pub type Codes = BTreeMap<ResponseCode, Category>;

impl Setting for Codes {
    const SHAPE: Shape = Shape::Toml;

    fn expected() -> String {
        let names = Category::NAMES.iter().map(|(name, _)| *name);
        let names = names.collect::<Vec<_>>().join(", ");
        format!("a table of codes such as {{ 70 = \"NOT_CONFIRMED\" }}, of {names}")
    }

    fn read(value: &Value) -> Result<Self, Flaws> {
        let Value::Object(table) = value else {
            return Err(Flaws::Unexpected);
        };
        let mut flaws = Vec::new();
        let codes = table.iter().filter_map(|(name, value)| {
            let flawed = |text| flaws.push((format!(".{}", shown(name)), text));
            code(name, value).map_err(flawed).ok()
        });
        let codes = codes.collect();
        match flaws.is_empty() {
            true => Ok(codes),
            false => Err(Flaws::Parts(flaws)),
        }
    }

    fn write(&self) -> String {
        let code = |(code, category): (&ResponseCode, &Category)| {
            format!("{} = {}", code.as_str(), quote(category.name()))
        };
        let codes: Vec<_> = self.iter().map(code).collect();
        match codes.is_empty() {
            true => "{}".to_owned(),
            false => format!("{{ {} }}", codes.join(", ")),
        }
    }

    fn schema() -> Value {
        json!({
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z0-9]{2}$", "not": { "const": COMPARED } },
            "additionalProperties": Category::names(),
        })
    }
}

fn code(name: &str, value: &Value) -> Result<(ResponseCode, Category), String> {
    let code = ResponseCode::parse(name)
        .ok_or_else(|| "not a response code: expected two letters or digits".to_owned())?;
    if name == COMPARED {
        return Err("cannot be changed: it means that the faces were compared".to_owned());
    }
    let category = value.as_str().and_then(Category::named);
    let category = category.ok_or_else(|| format!("expected {}", Category::one_of()))?;
    Ok((code, category))
}
