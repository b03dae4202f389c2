//! Attacks on the photo.

use super::{examine_bytes, examiner, with, with_customer};
use crate::domain::{Rules, sample};
use crate::sandbox::members::Members;
use crate::sandbox::participant::{self, Object, bytes, customer, request, seal};
use crate::upi::gateway::PhotoPlacement;

#[test]
fn photos_are_standard_base64_and_nothing_else() {
    let photo = participant::photo();
    let unpadded = photo.trim_end_matches('=');
    assert_ne!(
        unpadded, photo,
        "the sample needs padding to prove that it is demanded"
    );
    let strict = "photo: standard base64 with padding and without line breaks";
    assert_eq!(with("photo", unpadded), strict);
    let (head, tail) = photo.split_at(40);
    for line_break in ["\n", "\r\n", " "] {
        assert_eq!(with("photo", format!("{head}{line_break}{tail}")), strict);
        assert_eq!(with("photo", format!("{photo}{line_break}")), strict);
    }
    assert_eq!(with("photo", "_-__"), strict);
    assert_eq!(
        with("photo", format!("data:image/png;base64,{photo}")),
        "photo: base64 without a data: prefix"
    );
    assert_eq!(with("photo", ""), "photo: 1 to 204800 characters");
    let long = "A".repeat(204_804);
    assert_eq!(with("photo", long), "photo: 1 to 204800 characters");
}

#[test]
fn bits_beyond_the_last_byte_of_a_photo_are_zero() {
    let photo = participant::photo();
    // The sample ends with one padding character: the last digit has two spare bits.
    let spare = photo.replace("I=", "J=");
    assert_ne!(spare, photo);
    assert!(with("photo", spare).starts_with("photo: standard base64"));
}

#[test]
fn photos_are_jpeg_or_png_by_content() {
    let gif = base64_simd::STANDARD.encode_to_string(b"GIF89a");
    assert!(with("photo", gif).starts_with("photo: "));
    let cut = sample::png().slice(..40);
    assert!(with("photo", base64_simd::STANDARD.encode_to_string(cut)).starts_with("photo: "));
}

#[test]
fn an_encrypted_photo_is_read_where_the_setting_says() {
    let examiner = examiner(PhotoPlacement::Encrypted, Rules::default());
    let examined = |request: &Object| examiner.examine(&Members::read(&bytes(request)).unwrap());
    let beside = examined(&request()).unwrap_err().to_string();
    assert_eq!(beside, "photo: unknown member");
    let (mut encrypted, mut customer) = (request(), customer());
    encrypted.shift_remove("photo");
    let absent = examined(&encrypted).unwrap_err().to_string();
    assert_eq!(absent, "photo: mandatory, and absent");
    customer.insert("photo".to_owned(), participant::photo().into());
    encrypted.insert("encData".to_owned(), seal(&customer).into());
    assert!(examined(&encrypted).is_ok());
    assert_eq!(
        with_customer(|customer| {
            customer.insert("photo".to_owned(), participant::photo().into());
        }),
        "photo: unknown member"
    );
}

#[test]
fn escapes_in_the_photo_change_nothing() {
    let json = String::from_utf8(bytes(&request())).unwrap();
    let photo = participant::photo();
    let escaped = json.replace(&photo, &photo.replace('A', r"\u0041"));
    assert_ne!(json, escaped);
    assert_eq!(
        examine_bytes(escaped.as_bytes()),
        examine_bytes(json.as_bytes())
    );
}
