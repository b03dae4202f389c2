//! Real photos, good and bad, through the public door.

use std::collections::BTreeSet;

use bytes::Bytes;
use idphoto::domain::{Photo, PhotoFormat, Rules};

use crate::data;

const NO_IMAGE: &str = "must be a JPEG or PNG image, whatever its name says";
const DAMAGED_JPEG: &str = "must be a complete JPEG image: it is cut off or damaged";
const DAMAGED_PNG: &str = "must be a complete PNG image: it is cut off or damaged";
const BASE64_TEXT: &str =
    "must be the bytes of the image, and this is base64 text: decode it first";
const ANCILLARY: &str =
    "must be an intact PNG image: the CRC of an ancillary chunk, such as a text, is wrong";
const TRAILING: &str = "must end with its IEND chunk: remove the bytes that follow it";
const SIDES: &str = "must have sides of 32 to 8192 pixels";
const TOO_LARGE: &str = "must be at most 153600 bytes";

const GOOD: [(&str, PhotoFormat); 8] = [
    ("face-256.jpg", PhotoFormat::Jpeg),
    ("face-256.png", PhotoFormat::Png),
    ("face-cmyk.jpg", PhotoFormat::Jpeg),
    ("face-exif-rotated.jpg", PhotoFormat::Jpeg),
    ("face-grey.jpg", PhotoFormat::Jpeg),
    ("limit-153600.jpg", PhotoFormat::Jpeg),
    ("portrait-512-progressive.jpg", PhotoFormat::Jpeg),
    ("portrait-512.jpg", PhotoFormat::Jpeg),
];

const BAD: [(&str, &str); 14] = [
    ("bad-base64-text.jpg", BASE64_TEXT),
    ("bad-bmp.png", NO_IMAGE),
    ("bad-bomb-30000x30000.png", SIDES),
    ("bad-crc-in-text.png", ANCILLARY),
    ("bad-crc.png", DAMAGED_PNG),
    ("bad-gif.png", NO_IMAGE),
    ("bad-html.jpg", NO_IMAGE),
    ("bad-magic-only.jpg", DAMAGED_JPEG),
    ("bad-newline-after-end.png", TRAILING),
    ("bad-png-signature-only.png", DAMAGED_PNG),
    ("bad-truncated.jpg", DAMAGED_JPEG),
    ("bad-webp.jpg", NO_IMAGE),
    ("over-limit-153601.jpg", TOO_LARGE),
    ("phone-16mp.jpg", TOO_LARGE),
];

fn parse(bytes: Bytes) -> Result<PhotoFormat, String> {
    match Photo::parse(bytes.clone(), &Rules::default()) {
        Ok(photo) => {
            assert_eq!(photo.bytes(), bytes);
            Ok(photo.format())
        }
        Err(violation) => {
            assert_eq!(violation.field, "photo");
            Err(violation.description.into_owned())
        }
    }
}

fn photo(name: &str) -> Bytes {
    data::read(&format!("photos/{name}")).into()
}

#[test]
fn every_photo_has_an_expectation() {
    let known: BTreeSet<String> = GOOD
        .map(|(name, _)| name)
        .into_iter()
        .chain(BAD.map(|(name, _)| name))
        .map(str::to_owned)
        .collect();
    let there: BTreeSet<String> = std::fs::read_dir(data::path("photos"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, known);
}

#[test]
fn good_photos_pass_with_the_format_of_their_content() {
    for (name, format) in GOOD {
        assert_eq!(parse(photo(name)), Ok(format), "{name}");
    }
}

#[test]
fn bad_photos_are_refused_with_the_rule_they_break() {
    for (name, rule) in BAD {
        assert_eq!(parse(photo(name)).unwrap_err(), rule, "{name}");
    }
}

#[test]
fn a_good_photo_cut_off_at_any_length_is_refused() {
    for (name, damaged) in [
        ("face-256.jpg", DAMAGED_JPEG),
        ("face-256.png", DAMAGED_PNG),
    ] {
        let whole = photo(name);
        for length in 8..whole.len() {
            let verdict = parse(whole.slice(..length));
            assert_eq!(verdict.unwrap_err(), damaged, "{name} at {length}");
        }
    }
}
