use super::JPEG;
use super::{SIDES, admitted, parse, refused};
use crate::domain::photo::{Flaw, PhotoFormat};

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

/// A JPEG with one table of each kind before these parts.
pub fn jpeg_of(parts: &[&[u8]]) -> Vec<u8> {
    bare(&[
        &quantisation(0),
        &huffman(0x00),
        &huffman(0x10),
        &parts.concat(),
    ])
}

fn bare(parts: &[&[u8]]) -> Vec<u8> {
    [&[0xFF, 0xD8], &parts.concat()[..], &[0xFF, 0xD9]].concat()
}

fn quantisation(head: u8) -> Vec<u8> {
    let elements = if head < 0x10 { 64 } else { 128 };
    segment(0xDB, &[&[head][..], &vec![1; elements]].concat())
}

/// A table with one code of one bit.
fn huffman(head: u8) -> Vec<u8> {
    let mut content = [0; 18];
    (content[0], content[1]) = (head, 1);
    segment(0xC4, &content)
}

/// Grey, with application data that contains an end marker, tables, and two scans.
pub fn jpeg() -> Vec<u8> {
    jpeg_of(&[
        &segment(0xE1, b"Exif\xFF\xD8\xFF\xD9"),
        &quantisation(1),
        &frame(0xC2, 64, 48),
        &huffman(0x01),
        &scan(),
        &huffman(0x11),
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
        match marker {
            0xC0..=0xC2 => admitted(&image, PhotoFormat::Jpeg),
            0xC4 | 0xC8 | 0xCC => refused(&image, JPEG),
            _ => refused(&image, Flaw::Process.of_jpeg()),
        }
    }
}

#[test]
fn twelve_bits_are_refused() {
    for marker in [0xC1, 0xC2] {
        let mut frame = frame(marker, 64, 48);
        frame[4] = 12;
        refused(&jpeg_of(&[&frame, &scan()]), Flaw::Process.of_jpeg());
    }
}

#[test]
fn every_scan_has_data() {
    let header = segment(0xDA, &[1, 1, 0, 0, 63, 0]);
    let first = scan();
    for data in [&b""[..], b"\xFF\xD0\xFF\xD1", b"\xFF\xFF"] {
        let empty = [&header, data].concat();
        for scans in [
            empty.clone(),
            [&first[..], &empty].concat(),
            [&empty[..], &first].concat(),
        ] {
            let image = jpeg_of(&[&frame(0xC0, 64, 48), &scans]);
            refused(&image, Flaw::NoData.of_jpeg());
        }
    }
    for data in [&b"\0"[..], b"\xFF\0", b"\xFF\xD0\0"] {
        let image = jpeg_of(&[&frame(0xC0, 64, 48), &header, data]);
        admitted(&image, PhotoFormat::Jpeg);
    }
}

/// A frame of one component, whose one scan has this beginning, end and approximation.
fn pass(marker: u8, first: u8, last: u8, approximation: u8) -> Vec<u8> {
    let header = segment(0xDA, &[1, 1, 0, first, last, approximation]);
    [&frame(marker, 64, 48)[..], &header, b"data"].concat()
}

#[test]
fn a_scan_has_the_tables_that_it_names() {
    let (q, dc, ac) = (quantisation(0), huffman(0x00), huffman(0x10));
    let whole = pass(0xC0, 0, 63, 0);
    let (first, second, refined) = (
        pass(0xC2, 0, 0, 0x01),
        pass(0xC2, 1, 63, 0),
        pass(0xC2, 0, 0, 0x10),
    );
    let good: [&[&[u8]]; 6] = [
        &[&q, &dc, &ac, &whole],
        &[&q, &dc, &first],
        &[&q, &ac, &second],
        &[&q, &refined],
        &[&quantisation(0x10), &dc, &first],
        &[&quantisation(3), &q, &huffman(0x03), &dc, &first],
    ];
    for (index, parts) in good.iter().enumerate() {
        assert_eq!(parse(&bare(parts)), Ok(PhotoFormat::Jpeg), "{index}");
    }
    let bad: [&[&[u8]]; 7] = [
        &[&whole],
        &[&dc, &ac, &whole],
        &[&q, &ac, &whole],
        &[&q, &dc, &whole],
        &[&q, &ac, &first],
        &[&q, &dc, &second],
        // Too late for the scan.
        &[&q, &dc, &whole, &ac],
    ];
    for (index, parts) in bad.iter().enumerate() {
        let rule = parse(&bare(parts)).unwrap_err();
        assert_eq!(rule, Flaw::NoTable.of_jpeg(), "{index}");
    }
}

#[test]
fn damaged_tables_are_found() {
    for table in [
        segment(0xDB, &[0; 64]),
        segment(0xDB, &[0x20; 65]),
        segment(0xDB, &[4; 65]),
        segment(0xC4, &[0; 16]),
        segment(0xC4, &[0x20; 17]),
        segment(0xC4, &[4; 17]),
        segment(0xC4, &[&[0x00][..], &[1; 16], &[0; 15]].concat()),
    ] {
        refused(&jpeg_of(&[&table, &frame(0xC0, 64, 48), &scan()]), JPEG);
    }
}

#[test]
fn a_scan_of_a_component_that_the_frame_lacks_is_refused() {
    let other = segment(0xDA, &[1, 2, 0, 0, 63, 0]);
    refused(&jpeg_of(&[&frame(0xC0, 64, 48), &other, b"data"]), JPEG);
}

#[test]
fn four_components_and_what_phones_append_are_admitted() {
    let frame = segment(
        0xC0,
        &[
            &[8, 0, 48, 0, 64, 4][..],
            &[1, 17, 0, 2, 17, 0, 3, 17, 0, 4, 17, 0],
        ]
        .concat(),
    );
    let header = segment(0xDA, &[4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
    let cmyk = jpeg_of(&[&frame, &header, b"data"]);
    for trailer in [
        &b"\0\0\x01\x0A\x0E\0\0\0Image_UTC_Data1700000000000SEFH"[..],
        b"\0\0\0\x18ftypmp42\0\0\0\0isommp42",
        &jpeg(),
    ] {
        admitted(&[&cmyk, trailer].concat(), PhotoFormat::Jpeg);
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
