//! `upi.verification`: a list of keys.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::super::setting::{Flaws, Setting};
use super::super::settings::{shown, unknown};
use super::super::value::Shape;
use crate::upi::key::Kid;

const KID: &str = "kid";
const KEY_FILE: &str = "key_file";

/// A key of UPI's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    /// UPI's certificate id.
    pub kid: Kid,
    /// The certificate or public key, in any form that
    /// [`PublicKey`](crate::upi::key::PublicKey) reads.
    pub key_file: PathBuf,
}

/// No kid twice.
impl Setting for Vec<KeyFile> {
    const SHAPE: Shape = Shape::Toml;
    const EXPECTED: &'static str =
        "a list of keys such as [{ kid = \"…\", key_file = \"…\" }], at least one";

    fn read(value: &Value) -> Result<Self, Flaws> {
        let Value::Array(items) = value else {
            return Err(Flaws::Unexpected);
        };
        let mut keys: Self = Vec::new();
        let mut flaws = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let mut flawed = |part: &str, text| flaws.push((format!("[{index}]{part}"), text));
            let Some(key) = key_file(item, &mut flawed) else {
                continue;
            };
            if keys.iter().any(|other| other.kid == key.kid) {
                flawed(".kid", "must not be that of another key".to_owned());
            }
            keys.push(key);
        }
        match (flaws.is_empty(), keys.is_empty()) {
            (true, true) => Err(Flaws::Unexpected),
            (true, false) => Ok(keys),
            (false, _) => Err(Flaws::Parts(flaws)),
        }
    }

    fn write(&self) -> String {
        let key = |key: &KeyFile| {
            let (kid, path) = (key.kid.write(), key.key_file.write());
            format!("{{ {KID} = {kid}, {KEY_FILE} = {path} }}")
        };
        format!("[{}]", self.iter().map(key).collect::<Vec<_>>().join(", "))
    }

    fn schema() -> Value {
        json!({ "type": "array", "minItems": 1, "items": {
            "type": "object",
            "properties": { KID: Kid::schema(), KEY_FILE: PathBuf::schema() },
            "required": [KID, KEY_FILE],
            "additionalProperties": false,
        }})
    }
}

/// A key of UPI's side, whatever of it is good.
#[derive(Default)]
pub struct KeyDraft {
    /// Its id.
    pub kid: Option<Kid>,
    /// Where it is.
    pub key_file: Option<PathBuf>,
    /// Where its passphrase is.
    pub passphrase_file: Option<PathBuf>,
    /// Where its certificate is.
    pub cert_file: Option<PathBuf>,
}

/// What of each key is good.
pub fn drafts(value: &Value) -> Vec<KeyDraft> {
    let draft = |item: &Value| match item {
        Value::Object(table) => KeyDraft {
            kid: good(table, KID),
            key_file: good(table, KEY_FILE),
            ..KeyDraft::default()
        },
        _ => KeyDraft::default(),
    };
    let items = value.as_array();
    items.into_iter().flatten().map(draft).collect()
}

fn good<T: Setting>(table: &Map<String, Value>, name: &str) -> Option<T> {
    table.get(name).and_then(|value| T::read(value).ok())
}

fn key_file(item: &Value, flawed: &mut impl FnMut(&str, String)) -> Option<KeyFile> {
    let Value::Object(table) = item else {
        flawed("", format!("expected a table with {KID} and {KEY_FILE}"));
        return None;
    };
    for name in table
        .keys()
        .filter(|name| ![KID, KEY_FILE].contains(&name.as_str()))
    {
        let text = unknown(Some(format!("{KID} or {KEY_FILE}")));
        flawed(&format!(".{}", shown(name)), text);
    }
    let kid = member(table, KID, flawed);
    let key_file = member(table, KEY_FILE, flawed);
    Some(KeyFile {
        kid: kid?,
        key_file: key_file?,
    })
}

fn member<T: Setting>(
    table: &Map<String, Value>,
    name: &str,
    flawed: &mut impl FnMut(&str, String),
) -> Option<T> {
    let text = match table.get(name).map(T::read) {
        Some(Ok(value)) => return Some(value),
        Some(Err(Flaws::Known(flaw))) => format!("{} - {}", flaw.text, flaw.advice),
        Some(Err(_)) => format!("expected {}", T::expected()),
        None => format!("missing; expected {}", T::expected()),
    };
    flawed(&format!(".{name}"), text);
    None
}
