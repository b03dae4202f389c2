//! The walk through the segments of a JPEG and the chunks of a PNG.

#![no_main]

use bytes::Bytes;
use idphoto::domain::{Photo, PhotoFormat, Rules};
use idphoto_fuzz::{CANARY, assert_silent, lax, strict};
use libfuzzer_sys::fuzz_target;

/// Signature, IHDR, an IDAT of eight bytes and IEND.
const LEAST_PNG: usize = 8 + (12 + 13) + (12 + 8) + 12;
/// SOI, DQT, a frame of one component, a scan of it, a byte of data and EOI.
const LEAST_JPEG: usize = 2 + (4 + 65) + (4 + 9) + (4 + 6) + 1 + 2;
const MOST: usize = 153_600;

fn parse(bytes: &[u8], rules: &Rules) -> Result<Photo, String> {
    // A copy, since the photo wipes its bytes.
    let parsed = Photo::parse(Bytes::copy_from_slice(bytes), rules);
    parsed.map_err(|violation| format!("{violation:?} {}", violation.description))
}

fn check(photo: &Photo, bytes: &[u8]) {
    assert_eq!(photo.bytes(), bytes);
    let (least, signature) = match photo.format() {
        PhotoFormat::Png => (LEAST_PNG, &b"\x89PNG\r\n\x1a\n"[..]),
        PhotoFormat::Jpeg => (LEAST_JPEG, &b"\xFF\xD8\xFF"[..]),
    };
    assert!(
        (least..=MOST).contains(&bytes.len()),
        "{} bytes",
        bytes.len()
    );
    assert!(bytes.starts_with(signature));
    let again = parse(photo.bytes(), &lax()).expect("accepted once, and then refused");
    assert_eq!(again.format(), photo.format());
}

fuzz_target!(|data: &[u8]| {
    let lenient = parse(data, &lax());
    if parse(data, &strict()).is_ok() {
        assert!(lenient.is_ok(), "lenient rules are stricter");
    }
    match lenient {
        Ok(photo) => check(&photo, data),
        // What is wrong with it is told without it.
        Err(_) => {
            let (head, tail) = data.split_at(data.len() / 2);
            let marked = [head, CANARY.as_bytes(), tail, CANARY.as_bytes()].concat();
            if let Err(error) = parse(&marked, &strict()) {
                assert_silent(&error);
            }
        }
    }
});
