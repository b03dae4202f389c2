use super::{SIDES, admitted, parse, refused};
use crate::domain::photo::{JPEG, PhotoFormat};

/// A JPEG segment with its marker and length.
pub fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap();
    [&[0xFF, marker], &length.to_be_bytes()[..], content].concat()
}

pub fn frame(marker: u8, width: u16, height: u16) -> Vec<u8> {
    let (width, height) = (width.to_be_bytes(), height.to_be_bytes());
    segment(
        marker,
        &[&[8], &height[..], &width[..], &[1, 1, 0x11, 0]].concat(),
    )
}

/// A scan with a stuffed 0xFF, a restart marker and a fill byte in its data.
pub fn scan() -> Vec<u8> {
    let mut scan = segment(0xDA, &[1, 1, 0, 0, 63, 0]);
    scan.extend(b"data\xFF\x00data\xFF\xD0data\xFF\xFF\x00data");
    scan
}

pub fn jpeg_of(parts: &[&[u8]]) -> Vec<u8> {
    [&[0xFF, 0xD8], &parts.concat()[..], &[0xFF, 0xD9]].concat()
}

/// Grey, with application data that contains an end marker, tables, and two scans.
pub fn jpeg() -> Vec<u8> {
    jpeg_of(&[
        &segment(0xE1, b"Exif\xFF\xD8\xFF\xD9"),
        &segment(0xDB, &[0; 65]),
        &frame(0xC2, 64, 48),
        &segment(0xC4, &[0; 20]),
        &scan(),
        &segment(0xC4, &[0; 20]),
        &scan(),
    ])
}

#[test]
fn what_a_camera_appends_to_a_jpeg_is_not_looked_at() {
    for appendix in [&b"\0\0\0"[..], b"\xFF\xD8\xFF\xE1\0", &jpeg(), b"\xFF"] {
        admitted(&[&jpeg(), appendix].concat(), PhotoFormat::Jpeg);
    }
}

#[test]
fn the_size_is_that_of_the_primary_image_and_not_of_its_preview() {
    let preview = jpeg_of(&[&frame(0xC0, 8, 8), &scan()]);
    let image = [
        jpeg_of(&[&segment(0xE1, &preview), &frame(0xC0, 64, 48), &scan()]),
        preview,
    ];
    admitted(&image.concat(), PhotoFormat::Jpeg);
}

#[test]
fn every_kind_of_frame_is_known_and_tables_are_none() {
    for marker in 0xC0..=0xCF {
        let image = jpeg_of(&[&frame(marker, 64, 48), &scan()]);
        if [0xC4, 0xC8, 0xCC].contains(&marker) {
            refused(&image, JPEG);
        } else {
            admitted(&image, PhotoFormat::Jpeg);
        }
    }
}

#[test]
fn fill_bytes_and_stray_markers_are_skipped() {
    let image = jpeg_of(&[
        &[0xFF, 0xFF, 0xFF],
        &segment(0xDB, &[0; 65]),
        &[0xFF, 0x01, 0xFF, 0xD3, 0xFF, 0xFF],
        &frame(0xC0, 64, 48),
        &[0xFF],
        &scan(),
        &[0xFF],
    ]);
    admitted(&image, PhotoFormat::Jpeg);
    let small = jpeg_of(&[&[0xFF, 0xFF], &frame(0xC0, 64, 8), &scan()]);
    refused(&small, SIDES);
}

#[test]
fn a_jpeg_without_frame_scan_or_order_is_refused() {
    let (frame, scan) = (frame(0xC0, 64, 48), scan());
    let bad: [Vec<u8>; 12] = [
        jpeg_of(&[&scan]),
        jpeg_of(&[&frame]),
        jpeg_of(&[&scan, &frame]),
        jpeg_of(&[&frame, &frame, &scan]),
        jpeg_of(&[&[0xFF, 0xD8], &frame, &scan]),
        jpeg_of(&[&frame, b"junk", &scan]),
        jpeg_of(&[&frame, &[0xFF, 0x00], &scan]),
        jpeg_of(&[&[0xFF, 0xBF, 0, 2], &frame, &scan]),
        // Lengths that do not count themselves, and headers that contradict theirs.
        jpeg_of(&[&[0xFF, 0xE0, 0, 1], &frame, &scan]),
        jpeg_of(&[&[0xFF, 0xE0, 0xFF, 0xFF], &frame, &scan]),
        jpeg_of(&[&segment(0xC0, &[8, 0, 48, 0, 64, 3, 1, 0x11, 0]), &scan]),
        jpeg_of(&[&frame, &segment(0xDA, &[4, 1, 0, 0, 63, 0])]),
    ];
    for (index, image) in bad.iter().enumerate() {
        assert_eq!(parse(image).unwrap_err(), JPEG, "{index}");
    }
}
