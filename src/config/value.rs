//! A value as it was given, before anybody knows what it means; and how values are written.

use std::fmt::Write as _;

use serde_json::{Value, json};
use toml::de::{DeInteger, DeValue};

/// How a key is written where there is only text: in the environment and after `--set`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// As it is, without quotes.
    Text,
    /// As the right-hand side of a line of TOML.
    Toml,
}

/// From the file. A number out of range or a date, which no key takes, is null.
pub fn from_toml(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => json!(text),
        DeValue::Integer(integer) => from_integer(integer),
        DeValue::Float(float) => json!(float.as_str().parse::<f64>().ok()),
        DeValue::Boolean(boolean) => json!(boolean),
        DeValue::Array(array) => array.iter().map(|item| from_toml(item.get_ref())).collect(),
        DeValue::Table(table) => {
            let members = table.iter();
            members
                .map(|(key, item)| (key.get_ref().to_string(), from_toml(item.get_ref())))
                .collect()
        }
        DeValue::Datetime(_) => Value::Null,
    }
}

/// From the environment or the command line. What is not TOML is a value that no key takes.
pub fn from_text(text: &str, shape: Shape) -> Value {
    match shape {
        Shape::Text => json!(text),
        Shape::Toml => {
            DeValue::parse(text.trim()).map_or(Value::Null, |value| from_toml(value.get_ref()))
        }
    }
}

fn from_integer(integer: &DeInteger<'_>) -> Value {
    json!(i64::from_str_radix(integer.as_str(), integer.radix()).ok())
}

/// A TOML basic string.
pub fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            _ if character.is_control() => {
                // Writing to a String does not fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use toml::de::DeValue;

    use super::quote;

    #[test]
    fn a_quoted_text_reads_back_as_itself() {
        for text in ["", "plain", "a \"b\" \\c", "tab\t\u{7f}\n\u{85}", "李雷"] {
            let quoted = quote(text);
            let value = DeValue::parse(&quoted).unwrap();
            assert_eq!(value.get_ref().as_str(), Some(text), "{quoted}");
        }
    }
}
