//! `upi.verification`: a list of keys.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::super::item::{Item, Parts, list};
use super::super::setting::{Flaws, Setting};
use super::super::value::Shape;
use super::{NextSigningTokenConfig, ObjectId, SigningTokenConfig};
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
        let mut kids: Vec<Kid> = Vec::new();
        list(value, |place, item, flaws| {
            let key = key_file(place.clone(), item, flaws)?;
            if kids.contains(&key.kid) {
                let text = "must not be that of another key".to_owned();
                flaws.push((format!("{place}.kid"), text));
            }
            kids.push(key.kid.clone());
            Some(key)
        })
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
    /// In what token it is.
    pub token: Option<TokenDraft>,
}

/// A key in a token, with everything that it needs.
pub struct TokenDraft {
    /// The library.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// The key's label.
    pub label: String,
    /// The key's id.
    pub id: Option<ObjectId>,
    /// Where the PIN is.
    pub pin_file: PathBuf,
    /// As many signatures are made at once.
    pub sessions: usize,
    /// So long one may take.
    pub timeout: Duration,
}

/// Nothing where a part is missing or bad.
macro_rules! drafted {
    ($($Section:ty),*) => {$(
        impl $Section {
            /// The key, where one is named.
            #[must_use]
            pub fn draft(&self) -> Option<TokenDraft> {
                Some(TokenDraft {
                    module: self.module.clone()?,
                    token: self.token.clone()?,
                    label: self.label.clone()?,
                    id: self.id.clone(),
                    pin_file: self.pin_file.clone()?,
                    sessions: self.sessions,
                    timeout: self.timeout,
                })
            }
        }
    )*};
}

drafted!(SigningTokenConfig, NextSigningTokenConfig);

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

fn key_file(place: String, item: &Value, flaws: &mut Parts) -> Option<KeyFile> {
    let mut item = Item::open(place, item, &[KID, KEY_FILE], flaws)?;
    let (kid, key_file) = (item.required(KID), item.required(KEY_FILE));
    Some(KeyFile {
        kid: kid?,
        key_file: key_file?,
    })
}
