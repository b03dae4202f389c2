//! The exact bytes of requests.

use super::*;
use crate::domain::{FreeText, MerchantDraft, Rules, sample};

fn form() -> RequestForm {
    RequestForm {
        member: Member::parse("00520446", "Example Bank", FreeText::Ascii).unwrap(),
        photo_placement: PhotoPlacement::Beside,
        escape_solidus: false,
    }
}

fn merchant_draft() -> MerchantDraft {
    MerchantDraft {
        id: "M00000000000001".to_owned(),
        name: "Example Shop".to_owned(),
        category_code: "5999".to_owned(),
    }
}

fn with_merchant() -> Verification {
    let mut draft = sample::draft("7");
    draft.merchant = Some(merchant_draft());
    sample::check(draft)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn photo() -> String {
    base64_simd::STANDARD.encode_to_string(sample::png())
}

/// The sample with a chunk, which readers skip, of bytes that are solidi in base64.
fn png_with_solidus() -> Bytes {
    let png = sample::png();
    let (image, end) = png.split_at(png.len() - 12);
    let chunk = [b"teSt".as_slice(), &[0xff; 30]].concat();
    let length = 30_u32.to_be_bytes();
    let crc = crc32fast::hash(&chunk).to_be_bytes();
    [image, &length, &chunk, &crc, end].concat().into()
}

#[test]
fn the_plaintext_is_name_and_number() {
    assert_eq!(
        text(&form().plaintext(&sample::verification("7"))),
        r#"{"customerNm":"李雷","certifID":"11010519491231002X"}"#
    );
}

#[test]
fn the_body_of_a_member_has_the_tables_members_in_the_tables_order() {
    let photo = photo();
    assert_eq!(
        text(&form().body(&sample::verification("7"), "ey..x")),
        format!(
            "{{\"memberIIN\":\"00520446\",\"memberName\":\"Example Bank\",\
             \"tradeType\":\"ID0203\",\"encData\":\"ey..x\",\"photo\":\"{photo}\",\
             \"orderID\":\"7AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\
             \"scUsageScenarios\":\"account opening\",\"scUsePurpose\":\"identity check\",\
             \"protocolVerNm\":\"terms 1.0\",\"serialNm\":\"20260101000001\"}}"
        )
    );
}

#[test]
fn the_body_of_a_merchant_has_all_three_members_of_the_merchant() {
    let body = text(&form().body(&with_merchant(), "ey..x"));
    assert!(
        body.contains(
            "\"memberName\":\"Example Bank\",\"merchantID\":\"M00000000000001\",\
             \"merchantName\":\"Example Shop\",\"mcc\":\"5999\",\"tradeType\":"
        ),
        "{body}"
    );
}

#[test]
fn an_encrypted_photo_is_in_the_plaintext_and_not_in_the_body() {
    let form = RequestForm {
        photo_placement: PhotoPlacement::Encrypted,
        ..form()
    };
    let request = sample::verification("7");
    let plaintext = text(&form.plaintext(&request));
    assert_eq!(
        plaintext,
        format!(
            r#"{{"customerNm":"李雷","certifID":"11010519491231002X","photo":"{}"}}"#,
            photo()
        )
    );
    let body = text(&form.body(&request, "ey..x"));
    assert!(!body.contains("photo"), "{body}");
    assert!(body.contains(r#""encData":"ey..x","orderID""#), "{body}");
}

#[test]
fn an_escaped_solidus_is_escaped_in_every_member_of_the_body() {
    let mut draft = sample::draft("7");
    draft.photo = png_with_solidus();
    let base64 = base64_simd::STANDARD.encode_to_string(&draft.photo);
    draft.consent.purpose = "A/B \"check\" \\ end".to_owned();
    let request = sample::check(draft);
    let plain = text(&form().body(&request, "ey..x"));
    let form = RequestForm {
        escape_solidus: true,
        ..form()
    };
    let escaped = text(&form.body(&request, "ey..x"));
    assert!(
        plain.contains(r#""scUsePurpose":"A/B \"check\" \\ end""#),
        "{plain}"
    );
    assert!(
        base64.contains("////") && plain.contains(&base64),
        "{plain}"
    );
    assert_eq!(escaped, plain.replace('/', r"\/"));
}

#[test]
fn unicode_texts_travel_as_utf_8() {
    let rules = Rules {
        free_text: FreeText::Unicode,
        ..Rules::default()
    };
    let mut draft = sample::draft("7");
    draft.consent.usage_scenario = "开户𠀀".to_owned();
    let request =
        Verification::check(draft, None, &rules, time::OffsetDateTime::now_utc()).unwrap();
    let body = text(&form().body(&request, "ey..x"));
    assert!(body.contains(r#""scUsageScenarios":"开户𠀀""#), "{body}");
}

#[test]
fn the_body_is_written_into_a_buffer_of_its_size() {
    let plaintext = form().plaintext(&sample::verification("7"));
    assert_eq!(plaintext.capacity(), plaintext.len());
}
