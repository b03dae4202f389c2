//! A value as it was given, before anybody knows what it means; and how values are written.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use toml::de::{DeInteger, DeValue};

/// A value of the file, the environment or the command line. It has no Debug: what an
/// operator pasted may be a secret.
pub enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    List(Vec<Self>),
    Table(BTreeMap<String, Self>),
    /// A number out of range, a date: no key takes them.
    Other,
}

/// How a key is written where there is only text: in the environment and after `--set`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// As it is, without quotes.
    Text,
    /// As the right-hand side of a line of TOML.
    Toml,
}

impl Value {
    /// From the file.
    pub fn from_toml(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Integer(integer) => from_integer(integer),
            DeValue::Boolean(boolean) => Self::Boolean(*boolean),
            DeValue::Array(array) => Self::List(
                array
                    .iter()
                    .map(|item| Self::from_toml(item.get_ref()))
                    .collect(),
            ),
            DeValue::Table(table) => Self::Table(
                table
                    .iter()
                    .map(|(key, item)| (key.get_ref().to_string(), Self::from_toml(item.get_ref())))
                    .collect(),
            ),
            DeValue::Float(float) => float.as_str().parse().map_or(Self::Other, Self::Float),
            DeValue::Datetime(_) => Self::Other,
        }
    }

    /// From the environment or the command line. What is not TOML is a value that no key
    /// takes.
    pub fn from_text(text: &str, shape: Shape) -> Self {
        match shape {
            Shape::Text => Self::Text(text.to_owned()),
            Shape::Toml => DeValue::parse(text.trim())
                .map_or(Self::Other, |value| Self::from_toml(value.get_ref())),
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

fn from_integer(integer: &DeInteger<'_>) -> Value {
    i64::from_str_radix(integer.as_str(), integer.radix()).map_or(Value::Other, Value::Integer)
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
