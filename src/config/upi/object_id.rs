//! `CKA_ID`: bytes, which tools show in hexadecimal.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::super::setting::{Flaws, Setting, expect};
use super::super::value::quote;

/// More bytes are no id of a key.
const LONGEST: usize = 256;

/// The id of an object in a token, not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectId(pub Vec<u8>);

impl Setting for ObjectId {
    const EXPECTED: &'static str = "an id in hexadecimal digits, two for each byte, such as \"01\"";

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_str().and_then(bytes).map(Self))
    }

    fn write(&self) -> String {
        let mut text = String::new();
        for byte in &self.0 {
            // Writing to a String does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        quote(&text)
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^([0-9A-Fa-f]{2})+$" })
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let length = 1..=LONGEST;
    if !rest.is_empty() || !length.contains(&pairs.len()) {
        return None;
    }
    let byte = |pair: &[u8; 2]| {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        u8::try_from(high? * 16 + low?).ok()
    };
    pairs.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn an_id_is_pairs_of_hexadecimal_digits() {
        assert_eq!(bytes("0aFf"), Some(vec![0x0a, 0xff]));
        for bad in ["", "0", "0g", "01 ", "0x01", "\u{ff10}"] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
    }
}
