mod jpeg;
mod png;

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{BASE64, CONTENT, FIELD, Flaw, MAX_BYTES, Photo, PhotoFormat, TOO_LARGE, wiped};
use crate::domain::rules::{PhotoLimits, Rules};
use crate::domain::sample;

use jpeg::{frame, jpeg, jpeg_of, scan, segment};
use png::{chunk, end, header, pixels, png, png_of};

const JPEG: &str = Flaw::Damaged.of_jpeg();
const PNG: &str = Flaw::Damaged.of_png();
const SIDES: &str = "must have sides of 32 to 8192 pixels";

fn parse_within(bytes: &[u8], photo: PhotoLimits) -> Result<PhotoFormat, String> {
    let rules = Rules {
        photo,
        ..Rules::default()
    };
    match Photo::parse(Bytes::copy_from_slice(bytes), &rules) {
        Ok(photo) => {
            assert_eq!(photo.bytes(), bytes);
            Ok(photo.format())
        }
        Err(violation) => {
            assert_eq!(violation.field, FIELD);
            Err(violation.description.into_owned())
        }
    }
}

fn parse(bytes: &[u8]) -> Result<PhotoFormat, String> {
    parse_within(bytes, PhotoLimits::default())
}

#[track_caller]
fn admitted(bytes: &[u8], format: PhotoFormat) {
    assert_eq!(parse(bytes), Ok(format));
}

#[track_caller]
fn refused(bytes: &[u8], rule: &str) {
    assert_eq!(parse(bytes).unwrap_err(), rule);
}

/// Seeded noise, the same in every run.
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    })
}

#[test]
fn complete_images_are_admitted_by_their_content() {
    admitted(&jpeg(), PhotoFormat::Jpeg);
    admitted(&png(), PhotoFormat::Png);
    admitted(&sample::png(), PhotoFormat::Png);
}

#[test]
fn a_missing_photo_is_required() {
    refused(b"", "is required");
}

#[test]
fn a_photo_has_at_most_153600_bytes() {
    let padded = |length: usize| {
        let mut bytes = jpeg();
        bytes.resize(length, 0);
        bytes
    };
    admitted(&padded(MAX_BYTES), PhotoFormat::Jpeg);
    refused(&padded(MAX_BYTES + 1), TOO_LARGE);
    assert!(TOO_LARGE.contains(&MAX_BYTES.to_string()));
}

#[test]
fn other_content_is_refused() {
    let others: [&[u8]; 6] = [
        b"GIF89a",
        b"BM6",
        b"RIFF\x08\0\0\0WEBP",
        b"<html>",
        b"\xFF\xD8",
        b"\x89PNG\r\n",
    ];
    for content in others {
        refused(content, CONTENT);
    }
}

#[test]
fn base64_text_of_an_image_is_named() {
    for text in [
        &b"/9j/4AAQSkZJRg"[..],
        b"iVBORw0KGgo=",
        b"data:image/png;base64,iVBORw0KGgo=",
    ] {
        refused(text, BASE64);
    }
}

#[test]
fn sides_are_within_the_limits_both_included() {
    for side in [32, 8192] {
        admitted(
            &png_of(&[header(side, 32), pixels(), end()]),
            PhotoFormat::Png,
        );
        admitted(
            &png_of(&[header(32, side), pixels(), end()]),
            PhotoFormat::Png,
        );
        let side = u16::try_from(side).unwrap();
        admitted(
            &jpeg_of(&[&frame(0xC0, side, 32), &scan()]),
            PhotoFormat::Jpeg,
        );
        admitted(
            &jpeg_of(&[&frame(0xC0, 32, side), &scan()]),
            PhotoFormat::Jpeg,
        );
    }
    for side in [0, 31, 8193] {
        refused(&png_of(&[header(side, 32), pixels(), end()]), SIDES);
        refused(&png_of(&[header(32, side), pixels(), end()]), SIDES);
        let side = u16::try_from(side).unwrap();
        refused(&jpeg_of(&[&frame(0xC0, side, 32), &scan()]), SIDES);
        refused(&jpeg_of(&[&frame(0xC0, 32, side), &scan()]), SIDES);
    }
    refused(&png_of(&[header(u32::MAX, 32), pixels(), end()]), SIDES);
}

#[test]
fn the_description_names_the_limits_that_are_set() {
    let limits = PhotoLimits {
        min_side: 100,
        max_side: 200,
    };
    let verdict = parse_within(&png(), limits);
    let rule = "must have sides of 100 to 200 pixels";
    assert_eq!(verdict.unwrap_err(), rule);
}

#[test]
fn a_side_of_zero_is_refused_even_when_the_limits_allow_it() {
    let limits = PhotoLimits {
        min_side: 0,
        max_side: 100,
    };
    let empty = png_of(&[header(0, 64), pixels(), end()]);
    let rule = "must have sides of 0 to 100 pixels";
    assert_eq!(parse_within(&empty, limits).unwrap_err(), rule);
}

#[test]
fn an_image_cut_off_anywhere_is_refused() {
    for (image, rule) in [(jpeg(), JPEG), (png(), PNG)] {
        for length in 1..image.len() {
            let verdict = parse(&image[..length]);
            let rule = if length < 3 || (rule == PNG && length < 8) {
                CONTENT
            } else {
                rule
            };
            assert_eq!(verdict.unwrap_err(), rule, "{length}");
        }
    }
}

#[test]
fn noise_is_refused_behind_every_good_beginning() {
    let jpeg_scan = jpeg_of(&[&frame(0xC0, 64, 48), &scan()]);
    let beginnings = [
        (Vec::new(), CONTENT),
        (vec![0xFF, 0xD8, 0xFF], JPEG),
        (jpeg()[..30].to_vec(), JPEG),
        (png()[..8].to_vec(), PNG),
        (png()[..33].to_vec(), PNG),
    ];
    for seed in 0..2000 {
        for (beginning, rule) in &beginnings {
            let image: Vec<u8> = beginning
                .iter()
                .copied()
                .chain(noise(seed).take(64))
                .collect();
            assert_eq!(parse(&image).unwrap_err(), *rule, "{seed}");
        }
        // Here noise can be an image by chance, so only the kinds of answer are known.
        let mut image = jpeg_scan.clone();
        let at: Vec<_> = noise(seed).map(usize::from).take(3).collect();
        for (position, byte) in at.into_iter().zip(noise(seed + 1)) {
            let position = position % image.len();
            image[position] = byte;
        }
        if let Err(rule) = parse(&image) {
            let flaws = [Flaw::NoData, Flaw::NoTable, Flaw::Process].map(Flaw::of_jpeg);
            let known = [JPEG, CONTENT, SIDES].into_iter().chain(flaws);
            assert!(known.into_iter().any(|known| known == rule), "{rule}");
        }
    }
}

#[test]
fn the_longest_walks_are_short() {
    let fill = |beginning: &[u8], unit: &[u8]| -> Vec<u8> {
        let unit = unit.iter().copied().cycle();
        let bytes = beginning.iter().copied().chain(unit);
        bytes.take(MAX_BYTES).collect()
    };
    let whole = jpeg_of(&[&frame(0xC0, 64, 48), &scan()]);
    let in_scan = &whole[..whole.len() - 2];
    let walks = [
        fill(&[0xFF, 0xD8], &[0xFF]),
        fill(&[0xFF, 0xD8], &[0xFF, 0x01]),
        fill(&[0xFF, 0xD8], &[0xFF, 0xE0, 0, 2]),
        fill(in_scan, &[0xFF, 0x00]),
        fill(in_scan, &segment(0xDA, &[1, 1, 0, 0, 63, 0])),
        fill(&png()[..33], &chunk(*b"tEXt", b"")),
    ];
    let start = Instant::now();
    for walk in &walks {
        assert!(parse(walk).is_err());
    }
    // A quadratic walk takes minutes.
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_photo_that_nobody_else_holds_is_wiped() {
    let wiped = wiped(Bytes::from(jpeg())).unwrap();
    assert_eq!(wiped.len(), jpeg().len());
    assert!(wiped.iter().all(|byte| *byte == 0));
}

#[test]
fn a_photo_that_somebody_else_holds_is_left_to_them() {
    let held = Bytes::from(jpeg());
    let photo = Photo::parse(held.clone(), &Rules::default());
    assert!(photo.is_ok());
    drop(photo);
    assert_eq!(held, jpeg());
}
