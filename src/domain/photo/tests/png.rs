use super::{PNG, admitted, parse, refused};
use crate::domain::photo::{CONTENT, Flaw, PhotoFormat};

pub fn chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    let body = [&kind[..], content].concat();
    let crc = crc32fast::hash(&body);
    [&length.to_be_bytes()[..], &body, &crc.to_be_bytes()].concat()
}

pub fn png_of(chunks: &[Vec<u8>]) -> Vec<u8> {
    [&b"\x89PNG\r\n\x1a\n"[..], &chunks.concat()].concat()
}

pub fn header(width: u32, height: u32) -> Vec<u8> {
    let (width, height) = (width.to_be_bytes(), height.to_be_bytes());
    chunk(
        *b"IHDR",
        &[&width[..], &height[..], &[8, 0, 0, 0, 0]].concat(),
    )
}

pub fn pixels() -> Vec<u8> {
    chunk(*b"IDAT", b"not inflated")
}

pub fn end() -> Vec<u8> {
    chunk(*b"IEND", b"")
}

pub fn png() -> Vec<u8> {
    png_of(&[
        header(64, 48),
        chunk(*b"tEXt", b"Title\0IEND"),
        pixels(),
        pixels(),
        end(),
    ])
}

#[test]
fn nothing_may_follow_the_end_of_a_png() {
    for appendix in [&b"\0"[..], &end(), &pixels()] {
        let rule = Flaw::Trailing.of_png();
        refused(&[&png(), appendix].concat(), rule);
    }
}

#[test]
fn the_pixels_of_a_png_are_at_least_a_stream() {
    let (empty, full) = (chunk(*b"IDAT", b""), pixels());
    let short = chunk(*b"IDAT", &[0; 7]);
    for none in [vec![], vec![empty.clone()], vec![empty.clone(), short]] {
        let png = png_of(&[header(64, 48), none.concat(), end()]);
        refused(&png, Flaw::NoData.of_png());
    }
    let half = chunk(*b"IDAT", &[0; 4]);
    for some in [[&empty[..], &full], [&full, &empty], [&half, &half]] {
        admitted(
            &png_of(&[header(64, 48), some.concat(), end()]),
            PhotoFormat::Png,
        );
    }
}

/// IHDR with these five values after the sides.
fn header_of(values: [u8; 5]) -> Vec<u8> {
    let sides = [0, 0, 0, 64, 0, 0, 0, 48];
    chunk(*b"IHDR", &[&sides[..], &values].concat())
}

#[test]
fn only_values_of_the_standard_are_admitted() {
    for good in [
        [1, 0, 0, 0, 0],
        [16, 2, 0, 0, 1],
        [8, 4, 0, 0, 0],
        [16, 6, 0, 0, 0],
    ] {
        admitted(
            &png_of(&[header_of(good), pixels(), end()]),
            PhotoFormat::Png,
        );
    }
    let bad = [
        [3, 0, 0, 0, 0],
        [4, 2, 0, 0, 0],
        [16, 3, 0, 0, 0],
        [8, 5, 0, 0, 0],
    ];
    for bad in bad
        .into_iter()
        .chain([[8, 0, 1, 0, 0], [8, 0, 0, 1, 0], [8, 0, 0, 0, 2]])
    {
        refused(&png_of(&[header_of(bad), pixels(), end()]), PNG);
    }
}

#[test]
fn numbers_of_colours_need_a_palette_before_them() {
    let (header, palette) = (header_of([8, 3, 0, 0, 0]), chunk(*b"PLTE", &[0; 3]));
    let good = [header.clone(), palette.clone(), pixels(), end()];
    admitted(&png_of(&good), PhotoFormat::Png);
    let rule = Flaw::NoTable.of_png();
    refused(&png_of(&[header.clone(), pixels(), end()]), rule);
    refused(&png_of(&[header, pixels(), palette, end()]), rule);
}

#[test]
fn a_damaged_ancillary_chunk_is_named() {
    let mut text = chunk(*b"tEXt", b"Title\0end");
    text[10] ^= 1;
    let png = png_of(&[header(64, 48), text, pixels(), end()]);
    refused(&png, Flaw::Ancillary.of_png());
}

#[test]
fn a_png_without_header_pixels_or_order_is_refused() {
    let (header, pixels, end) = (header(64, 48), pixels(), end());
    let text = chunk(*b"tEXt", b"Title\0");
    let bad = [
        png_of(&[text, header.clone(), pixels.clone(), end.clone()]),
        png_of(&[header.clone(), header.clone(), pixels.clone(), end.clone()]),
        png_of(&[pixels.clone(), end.clone()]),
        png_of(&[header.clone(), pixels.clone()]),
        png_of(&[header.clone(), pixels.clone(), chunk(*b"IEND", b"x")]),
        png_of(&[chunk(*b"IHDR", &[1; 12]), pixels.clone(), end]),
        png_of(&[header, vec![0xFF; 12], pixels]),
    ];
    for (index, image) in bad.iter().enumerate() {
        assert_eq!(parse(image).unwrap_err(), PNG, "{index}");
    }
}

#[test]
fn any_changed_byte_of_a_png_is_found() {
    let good = png();
    for position in 0..good.len() {
        for flip in [0x01, 0x80, 0xFF] {
            let mut image = good.clone();
            image[position] ^= flip;
            let rule = parse(&image).unwrap_err();
            let known = [
                PNG,
                CONTENT,
                Flaw::Ancillary.of_png(),
                Flaw::NoData.of_png(),
            ];
            assert!(known.contains(&rule.as_str()), "{position}: {rule}");
        }
    }
}
