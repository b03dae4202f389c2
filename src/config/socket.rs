//! Values about Unix sockets.

use serde_json::{Value, json};

use super::setting::{Flaws, Setting, expect};
use super::value::quote;
use crate::rpc::Address;

/// Permissions of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode(pub u32);

/// Read, write and execute of owner, group and others.
const MOST: u32 = 0o777;

impl Setting for Mode {
    const EXPECTED: &'static str = "permissions in quotes, octal, such as \"0660\"";

    fn read(value: &Value) -> Result<Self, Flaws> {
        let text = expect(value.as_str())?;
        let octal = (3..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let mode = u32::from_str_radix(text, 8).ok();
        expect(mode.filter(|mode| octal && *mode <= MOST).map(Self))
    }

    fn write(&self) -> String {
        quote(&format!("{:04o}", self.0))
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^0?[0-7]{3}$" })
    }
}

impl Setting for Address {
    const EXPECTED: &'static str = "an IP address and a port such as \"127.0.0.1:50051\", or \"unix:/…\" with an absolute path \
         of at most 90 bytes";

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_str().and_then(Self::parse))
    }

    fn write(&self) -> String {
        quote(&self.to_string())
    }
}
