//! The ways to read a JSON text that is not quite one.
//!
//! A signed answer is paid for, and texts in it decide nothing. So what no strict parser reads
//! in a text is replaced by U+FFFD: bytes that are not UTF-8, and escapes of half a surrogate
//! pair, which are grammatical by RFC 8259, section 8.2. A byte order mark is skipped, as section
//! 8.1 allows.

use std::borrow::Cow;

const MARK: &[u8] = b"\xEF\xBB\xBF";
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// From bytes to a text.
type Reader = fn(&[u8]) -> Cow<'_, str>;

const READERS: [Reader; 4] = [
    String::from_utf8_lossy,
    |json| whole_pairs(&String::from_utf8_lossy(json)).into(),
    double_byte,
    |json| whole_pairs(&double_byte(json)).into(),
];

/// The texts that these bytes may stand for, the most faithful first; made when asked for.
pub(super) fn readings(json: &[u8]) -> impl Iterator<Item = Cow<'_, str>> {
    let json = json.strip_prefix(MARK).unwrap_or(json);
    // UTF-8 is nothing else.
    let count = std::str::from_utf8(json).map_or(READERS.len(), |_| 2);
    READERS.into_iter().take(count).map(move |read| read(json))
}

/// Reads text of a double-byte set of characters, as GBK and GB 18030 are: the second byte of a
/// character may be a backslash, which escapes nothing.
fn double_byte(bytes: &[u8]) -> Cow<'_, str> {
    let mut text = String::with_capacity(bytes.len());
    let mut bytes = bytes.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte.is_ascii() {
            text.push(char::from(byte));
        } else {
            text.push(REPLACEMENT);
            bytes.next_if(|second| matches!(second, 0x40..=0x7E | 0x80..=0xFE));
        }
    }
    Cow::Owned(text)
}

/// The text with U+FFFD for each escape of a surrogate that is not half of a pair.
fn whole_pairs(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.find('\\').and_then(|at| rest.split_at_checked(at)) {
        let pair = high(escape) && escape.get(6..).is_some_and(low);
        let alone = !pair && (high(escape) || low(escape));
        // A surrogate's escape has six characters; of others two matter, so that an escaped
        // backslash escapes nothing.
        let length = if pair {
            12
        } else if alone {
            6
        } else {
            2
        };
        let (kept, after) = escape.split_at_checked(length).unwrap_or((escape, ""));
        whole.push_str(before);
        whole.push_str(if alone { "\\ufffd" } else { kept });
        rest = after;
    }
    whole.push_str(rest);
    whole
}

fn high(escape: &str) -> bool {
    matches!(unit(escape), Some(0xD800..=0xDBFF))
}

fn low(escape: &str) -> bool {
    matches!(unit(escape), Some(0xDC00..=0xDFFF))
}

/// The code unit that an escape stands for.
fn unit(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    // Of a sign, from_str_radix would think nothing.
    let good = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    good.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}
