//! All keys as a JSON Schema: for editors, and for the documents that come from it.

use serde_json::{Map, Value, json};

use super::key::Key;
use super::tree::TABLES;

/// A JSON Schema of the configuration file, draft 2020-12.
#[must_use]
pub fn schema() -> Value {
    let mut schema = object("Configuration of the idphoto gateway", "");
    for table in TABLES {
        let mut at = &mut schema;
        for part in table.path.split('.').filter(|part| !part.is_empty()) {
            at = member(at, part, object(table.title, table.about));
        }
        for key in table.keys {
            let name = key.path().rsplit('.').next().unwrap_or_default();
            member(at, name, Key::schema(key));
        }
    }
    let mut whole = Map::new();
    let draft = "https://json-schema.org/draft/2020-12/schema";
    whole.insert("$schema".to_owned(), json!(draft));
    whole.extend(schema.as_object().cloned().unwrap_or_default());
    Value::Object(whole)
}

/// A member of an object's properties, made if need be.
fn member<'a>(object: &'a mut Value, name: &str, otherwise: Value) -> &'a mut Value {
    let properties = &mut object["properties"];
    if properties.get(name).is_none() {
        properties[name] = otherwise;
    }
    &mut properties[name]
}

fn object(title: &str, about: &str) -> Value {
    json!({
        "title": title,
        "description": about,
        "type": "object",
        "properties": {},
        "additionalProperties": false,
    })
}
