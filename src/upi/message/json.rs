//! Flat JSON objects of strings, written into one buffer of exactly the right size.
//!
//! The size is known before the first byte is written, so the buffer never moves: nothing
//! personal stays behind in freed memory, and wiping the buffer wipes it all. The photo is
//! encoded straight into it, past any scan for characters to escape.

use base64_simd::{AsOut as _, STANDARD};
use zeroize::Zeroizing;

use crate::domain::WipedBytes;

/// Bytes of a photo that are encoded at a time where their base64 has to be looked at;
/// a multiple of three, so that no padding comes in between.
const PIECE: usize = 768;

/// A member's value; always a string on the wire.
pub(super) enum Value<'a> {
    /// Text, escaped as RFC 8259, section 7, wants it.
    Text(&'a str),
    /// Text of base64url and dots, which has nothing to escape.
    Token(&'a str),
    /// Bytes, in standard base64 with padding.
    Base64(&'a [u8]),
}

/// Writes an object whose names need no escapes.
pub(super) fn object(members: &[(&'static str, Value<'_>)], escape_solidus: bool) -> WipedBytes {
    let mut out = WipedBytes::with_capacity(size(members, escape_solidus));
    for (index, (name, value)) in members.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"{\"" } else { b",\"" });
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":\"");
        value.write(&mut out, escape_solidus);
        out.push(b'"');
    }
    out.push(b'}');
    out
}

fn size(members: &[(&'static str, Value<'_>)], escape_solidus: bool) -> usize {
    // Around each member stand a brace or a comma, four quotes and a colon.
    let member = |(name, value): &(&str, Value<'_>)| name.len() + value.size(escape_solidus) + 6;
    members.iter().map(member).sum::<usize>() + 1
}

impl Value<'_> {
    fn size(&self, escape_solidus: bool) -> usize {
        match self {
            Self::Text(text) => text
                .bytes()
                .map(|byte| Escape::of(byte, escape_solidus).map_or(1, Escape::size))
                .sum(),
            Self::Token(token) => token.len(),
            Self::Base64(bytes) if escape_solidus => {
                let mut solidi = 0;
                pieces(bytes, |base64| {
                    solidi += base64.iter().filter(|byte| **byte == b'/').count();
                });
                STANDARD.encoded_length(bytes.len()) + solidi
            }
            Self::Base64(bytes) => STANDARD.encoded_length(bytes.len()),
        }
    }

    fn write(&self, out: &mut Vec<u8>, escape_solidus: bool) {
        match self {
            Self::Text(text) => write_escaped(text.as_bytes(), out, escape_solidus),
            Self::Token(token) => out.extend_from_slice(token.as_bytes()),
            Self::Base64(bytes) if escape_solidus => {
                pieces(bytes, |base64| write_escaped(base64, out, true));
            }
            Self::Base64(bytes) => STANDARD.encode_append(bytes, out),
        }
    }
}

/// Shows the base64 of `bytes` piece by piece.
fn pieces(bytes: &[u8], mut show: impl FnMut(&[u8])) {
    let mut buffer = Zeroizing::new([0; PIECE / 3 * 4]);
    for piece in bytes.chunks(PIECE) {
        show(STANDARD.encode(piece, buffer.as_mut_slice().as_out()));
    }
}

fn write_escaped(text: &[u8], out: &mut Vec<u8>, escape_solidus: bool) {
    for byte in text {
        match Escape::of(*byte, escape_solidus) {
            None => out.push(*byte),
            Some(escape) => escape.write(out),
        }
    }
}

/// How one byte of UTF-8 is escaped. Bytes of longer sequences never are.
#[derive(Clone, Copy)]
enum Escape {
    /// A backslash and this character.
    Short(u8),
    /// `\u00` and two hexadecimal digits.
    Long(u8),
}

impl Escape {
    const fn of(byte: u8, escape_solidus: bool) -> Option<Self> {
        Some(match byte {
            b'"' | b'\\' => Self::Short(byte),
            b'/' if escape_solidus => Self::Short(byte),
            0x08 => Self::Short(b'b'),
            b'\t' => Self::Short(b't'),
            b'\n' => Self::Short(b'n'),
            0x0c => Self::Short(b'f'),
            b'\r' => Self::Short(b'r'),
            0x00..=0x1f => Self::Long(byte),
            _ => return None,
        })
    }

    const fn size(self) -> usize {
        match self {
            Self::Short(_) => 2,
            Self::Long(_) => 6,
        }
    }

    fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Short(character) => out.extend_from_slice(&[b'\\', character]),
            Self::Long(byte) => {
                let digit = |nibble: u8| {
                    if nibble < 10 {
                        b'0' + nibble
                    } else {
                        b'a' - 10 + nibble
                    }
                };
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[digit(byte >> 4), digit(byte & 0x0f)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str, escape_solidus: bool) -> String {
        let written = object(&[("a", Value::Text(text))], escape_solidus);
        String::from_utf8(written.to_vec()).unwrap()
    }

    fn photo(len: usize) -> Vec<u8> {
        // Every byte value, with many solidi in the base64.
        (0..len).map(|index| ((index * 37) | 0xf0) as u8).collect()
    }

    #[test]
    fn every_ascii_character_is_escaped_as_serde_json_escapes_it() {
        let all: String = (0..=0x7f_u8)
            .map(char::from)
            .chain("李雷·𠀀\u{2028}".chars())
            .collect();
        let expected = serde_json::json!({ "a": all }).to_string();
        assert_eq!(text(&all, false), expected);
    }

    #[test]
    fn the_solidus_is_escaped_on_request_only() {
        assert_eq!(text("a/b", false), r#"{"a":"a/b"}"#);
        assert_eq!(text("a/b", true), r#"{"a":"a\/b"}"#);
    }

    #[test]
    fn an_escaped_photo_is_the_plain_one_with_each_solidus_escaped() {
        for len in [0, 1, 2, 3, PIECE - 1, PIECE, PIECE + 1, 153_600] {
            let photo = photo(len);
            let members = || [("photo", Value::Base64(&photo))];
            let plain = String::from_utf8(object(&members(), false).to_vec()).unwrap();
            let escaped = String::from_utf8(object(&members(), true).to_vec()).unwrap();
            let base64 = STANDARD.encode_to_string(&photo);
            assert_eq!(plain, format!(r#"{{"photo":"{base64}"}}"#), "{len}");
            assert_eq!(escaped, plain.replace('/', r"\/"), "{len}");
        }
    }

    #[test]
    fn the_buffer_has_exactly_the_size_of_what_is_written() {
        let photo = photo(1000);
        for escape_solidus in [false, true] {
            let members = [
                ("text", Value::Text("/\"\\\u{1}\n李/")),
                ("token", Value::Token("ey.J-_")),
                ("photo", Value::Base64(&photo)),
            ];
            let written = object(&members, escape_solidus);
            assert_eq!(written.len(), size(&members, escape_solidus));
            assert_eq!(written.capacity(), written.len());
        }
    }
}
