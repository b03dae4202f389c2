use super::{parse, refused};
use crate::domain::photo::{CONTENT, PNG};

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
        refused(&[&png(), appendix].concat(), PNG);
    }
}

#[test]
fn a_png_without_header_pixels_or_order_is_refused() {
    let (header, pixels, end) = (header(64, 48), pixels(), end());
    let text = chunk(*b"tEXt", b"Title\0");
    let bad = [
        png_of(&[text, header.clone(), pixels.clone(), end.clone()]),
        png_of(&[header.clone(), header.clone(), pixels.clone(), end.clone()]),
        png_of(&[header.clone(), end.clone()]),
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
            let rule = if position < 8 { CONTENT } else { PNG };
            assert_eq!(parse(&image).unwrap_err(), rule, "{position}");
        }
    }
}
