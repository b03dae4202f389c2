//! A valid request for the tests of other modules; visibly fake.

use bytes::Bytes;
use time::OffsetDateTime;

use super::{ConsentDraft, Draft, Rules, Secret, Verification};

/// A draft that passes every check, with the order id `ORDER` padded to its length by `tag`.
pub fn draft(tag: &str) -> Draft {
    Draft {
        order_id: format!("{tag:A<35}"),
        name: Secret::new("李雷".to_owned()),
        id_number: Secret::new("11010519491231002X".to_owned()),
        photo: png(),
        consent: ConsentDraft {
            usage_scenario: "account opening".to_owned(),
            purpose: "identity check".to_owned(),
            agreement_version: "terms 1.0".to_owned(),
            agreement_serial: "20260101000001".to_owned(),
        },
        merchant: None,
    }
}

/// The checked form of [`draft`].
pub fn verification(tag: &str) -> Verification {
    check(draft(tag))
}

/// Checks a draft that is meant to be good.
pub fn check(draft: Draft) -> Verification {
    let checked = Verification::check(draft, None, &Rules::default(), OffsetDateTime::now_utc());
    checked.unwrap_or_else(|violations| panic!("{violations}"))
}

/// The smallest PNG that the default limits admit. Its pixels are not there, and nobody
/// looks at them.
pub fn png() -> Bytes {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [0, 0, 0, 32, 0, 0, 0, 32, 8, 0, 0, 0, 0];
    for (kind, content) in [(b"IHDR", &header[..]), (b"IDAT", &[0; 8]), (b"IEND", &[])] {
        let mut crc = crc32fast::Hasher::new();
        crc.update(kind);
        crc.update(content);
        png.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
        png.extend(kind);
        png.extend(content);
        png.extend(crc.finalize().to_be_bytes());
    }
    png.into()
}
