//! Which signed bodies are answers, and what they say.

use std::collections::BTreeMap;

use super::*;
use crate::domain::Category;

fn read(body: &str) -> Result<Outcome, MalformedAnswer> {
    parse(body.as_bytes(), &CodeTable::new(&BTreeMap::new()))
}

fn rejection(body: &str) -> Rejection {
    match read(body) {
        Ok(Outcome::Rejection(rejection)) => rejection,
        other => panic!("{other:?}"),
    }
}

fn comparison(value: u8) -> Result<Outcome, MalformedAnswer> {
    Ok(Outcome::Comparison(Confidence::new(value).unwrap()))
}

fn with_confidence(json: &str) -> Result<Outcome, MalformedAnswer> {
    read(&format!(
        r#"{{"confidence":{json},"msgResponse":{{"responseCode":"00","responseMsg":"Approved"}}}}"#
    ))
}

#[test]
fn a_confidence_is_read_from_a_string_or_a_number() {
    for (json, value) in [
        (r#""97""#, 97),
        ("97", 97),
        (r#""0""#, 0),
        ("0", 0),
        (r#""100""#, 100),
        ("100", 100),
        (r#""007""#, 7),
    ] {
        assert_eq!(with_confidence(json), comparison(value), "{json}");
    }
}

#[test]
fn an_approval_without_a_confidence_from_0_to_100_is_malformed() {
    for json in [
        r#""""#,
        r#""101""#,
        "101",
        r#""-1""#,
        "-1",
        r#""+5""#,
        r#"" 9""#,
        r#""9.5""#,
        "97.5",
        "97.0",
        "1e1",
        r#""0097""#,
        r#""９７""#,
        "null",
        "true",
        "[97]",
        r#"{"a":97}"#,
        "18446744073709551616",
        r#""abc""#,
    ] {
        assert_eq!(
            with_confidence(json),
            Err(MalformedAnswer::Confidence),
            "{json}"
        );
    }
    assert_eq!(
        read(r#"{"msgResponse":{"responseCode":"00","responseMsg":"Approved"}}"#),
        Err(MalformedAnswer::Confidence)
    );
}

#[test]
fn a_confidence_beside_another_code_is_ignored_whatever_it_is() {
    for json in [r#""97""#, "97", r#""""#, "null", r#"["x"]"#, r#""999""#] {
        let read = rejection(&format!(
            r#"{{"confidence":{json},"msgResponse":{{"responseCode":"70","responseMsg":"no"}}}}"#
        ));
        assert_eq!(read.category, Category::NotConfirmed, "{json}");
    }
}

#[test]
fn a_rejection_keeps_code_message_and_detail() {
    let read = rejection(
        r#"{"msgResponse":{"responseCode":"30","responseMsg":"Format error","errorDetail":"serialNm"}}"#,
    );
    assert_eq!(read.code.as_str(), "30");
    assert_eq!(read.category, Category::InvalidRequest);
    assert_eq!(read.message, "Format error");
    assert_eq!(read.detail, "serialNm");
}

#[test]
fn a_detail_is_read_beside_msg_response_when_there_is_none_inside() {
    for (inside, detail) in [
        ("", "beside"),
        (r#","errorDetail":"""#, "beside"),
        (r#","errorDetail":"inside""#, "inside"),
    ] {
        let read = rejection(&format!(
            r#"{{"msgResponse":{{"responseCode":"30","responseMsg":"m"{inside}}},"errorDetail":"beside"}}"#
        ));
        assert_eq!(read.detail, detail);
    }
}

#[test]
fn the_gateways_spelling_of_msg_response_is_read_too() {
    assert_eq!(
        rejection(r#"{"MsgResponse":{"responseCode":"E0","responseMsg":"Unauthorized access"}}"#)
            .code
            .as_str(),
        "E0"
    );
    assert_eq!(
        read(r#"{"confidence":"5","MsgResponse":{"responseCode":"00","responseMsg":"Approved"}}"#),
        comparison(5)
    );
}

#[test]
fn an_unknown_code_is_passed_through_and_is_no_success() {
    for code in ["01", "99", "0O", "zz"] {
        let read = rejection(&format!(
            r#"{{"confidence":"97","msgResponse":{{"responseCode":"{code}","responseMsg":"m"}}}}"#
        ));
        assert_eq!((read.code.as_str(), read.category), (code, Category::Other));
    }
}

#[test]
fn unknown_members_are_ignored() {
    let body = r#"{"new":{"a":[1]},"confidence":"1","msgResponse":{"x":null,"responseCode":"00","responseMsg":"m"}}"#;
    assert_eq!(read(body), comparison(1));
}

#[test]
fn a_member_that_comes_twice_makes_the_answer_malformed() {
    for body in [
        r#"{"confidence":"1","confidence":"99","msgResponse":{"responseCode":"00","responseMsg":"m"}}"#,
        r#"{"confidence":"1","msgResponse":{"responseCode":"00","responseCode":"70","responseMsg":"m"}}"#,
        r#"{"confidence":"1","msgResponse":{"responseCode":"00"},"MsgResponse":{"responseCode":"70"}}"#,
        r#"{"msgResponse":{"responseCode":"70","responseMsg":"m","responseMsg":"n"}}"#,
        r#"{"errorDetail":"a","errorDetail":"b","msgResponse":{"responseCode":"70"}}"#,
    ] {
        assert_eq!(read(body), Err(MalformedAnswer::Shape), "{body}");
    }
}

#[test]
fn what_is_not_an_object_with_msg_response_is_malformed() {
    for body in [
        "",
        "null",
        "[]",
        "<html></html>",
        r#""00""#,
        "{}",
        r#"{"confidence":"97"}"#,
        r#"{"msgResponse":null}"#,
        r#"{"msgResponse":"00"}"#,
        r#"{"msgResponse":[]}"#,
        r#"{"confidence":"97","msgResponse":["00","m",""]}"#,
        r#"["97",{"responseCode":"00","responseMsg":"m"},""]"#,
        r#"{"confidence":"97","msgResponse":{"responseCode":"00","responseMsg":"m"}"#,
        r#"{"confidence":"97","msgResponse":{"responseCode":"00","responseMsg":"m"}}}"#,
    ] {
        assert_eq!(read(body), Err(MalformedAnswer::Shape), "{body}");
    }
}

/// The message of a rejection that has these bytes between its quotes.
fn message_of(text: &[u8]) -> Result<String, MalformedAnswer> {
    let head: &[u8] = br#"{"msgResponse":{"responseMsg":""#;
    let body = [head, text, br#"","responseCode":"70"}}"#].concat();
    match parse(&body, &CodeTable::new(&BTreeMap::new())) {
        Ok(Outcome::Rejection(rejection)) => Ok(rejection.message),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error),
    }
}

#[test]
fn bytes_that_are_not_utf8_are_replaced_and_lose_no_answer() {
    for (bytes, shown) in [
        (&b"a\xFFb"[..], "a\u{FFFD}b"),
        (b"\xE6\x9D", "\u{FFFD}"),
        // GBK; the second byte of the last character is a backslash.
        (b"\xB2\xBB\x95\x5C", "\u{FFFD}\u{FFFD}"),
        (b"\x95\x5C\\\"", "\u{FFFD}\""),
        // Latin-1 before an escape.
        (b"caf\xE9\\\"", "caf\u{FFFD}\""),
    ] {
        assert_eq!(message_of(bytes).as_deref(), Ok(shown), "{bytes:?}");
    }
}

#[test]
fn half_of_a_surrogate_pair_is_replaced_and_loses_no_answer() {
    for (escaped, shown) in [
        (r"a\ud842b", "a\u{FFFD}b"),
        (r"\uDFB7", "\u{FFFD}"),
        (r"\udfb7\ud842", "\u{FFFD}\u{FFFD}"),
        (r"\ud842\ud842\udfb7", "\u{FFFD}𠮷"),
        (r"\ud842\n", "\u{FFFD} "),
        (r"\\ud842\ud842", "\\ud842\u{FFFD}"),
        (r"\ud842\u0041", "\u{FFFD}A"),
        (r"\ud842李", "\u{FFFD}李"),
    ] {
        let message = message_of(escaped.as_bytes());
        assert_eq!(message.as_deref(), Ok(shown), "{escaped}");
    }
    for broken in [r"\ud842\u12", r"\ud8", r"\u+123", r"\ud842\x"] {
        let message = message_of(broken.as_bytes());
        assert_eq!(message, Err(MalformedAnswer::Shape), "{broken}");
    }
}

#[test]
fn a_byte_order_mark_before_the_object_is_skipped_once() {
    let good = r#"{"confidence":"97","msgResponse":{"responseCode":"00"}}"#;
    assert_eq!(read(&format!("\u{FEFF}{good}")), comparison(97));
    let twice = format!("\u{FEFF}\u{FEFF}{good}");
    assert_eq!(read(&twice), Err(MalformedAnswer::Shape));
}

#[test]
fn what_decides_is_not_repaired() {
    let codes = CodeTable::new(&BTreeMap::new());
    for body in [
        &b"{\"confidence\":\"9\xFF\",\"msgResponse\":{\"responseCode\":\"00\"}}"[..],
        br#"{"confidence":"9\ud842","msgResponse":{"responseCode":"00"}}"#,
    ] {
        assert_eq!(parse(body, &codes), Err(MalformedAnswer::Confidence));
    }
    let code = b"{\"msgResponse\":{\"responseCode\":\"7\xFF\"}}";
    assert_eq!(parse(code, &codes), Err(MalformedAnswer::ResponseCode));
}

#[test]
fn an_answer_without_a_code_of_two_letters_or_digits_is_malformed() {
    for code in [
        "",
        r#""responseCode":"","#,
        r#""responseCode":"0","#,
        r#""responseCode":"000","#,
        r#""responseCode":0,"#,
        r#""responseCode":null,"#,
        r#""responseCode":"0 ","#,
    ] {
        let body = format!(r#"{{"confidence":"97","msgResponse":{{{code}"responseMsg":"m"}}}}"#);
        assert_eq!(read(&body), Err(MalformedAnswer::ResponseCode), "{code}");
    }
}

#[test]
fn a_text_that_is_missing_or_no_string_counts_as_empty() {
    for texts in [
        "",
        r#","responseMsg":null"#,
        r#","responseMsg":7,"errorDetail":{}"#,
    ] {
        let read = rejection(&format!(
            r#"{{"msgResponse":{{"responseCode":"70"{texts}}}}}"#
        ));
        assert_eq!((read.message.as_str(), read.detail.as_str()), ("", ""));
    }
    let approved = r#"{"confidence":"97","msgResponse":{"responseCode":"00"}}"#;
    assert_eq!(read(approved), comparison(97));
}

#[test]
fn a_text_over_its_limit_is_cut_between_characters() {
    let read = rejection(&format!(
        r#"{{"msgResponse":{{"responseCode":"70","responseMsg":"{}","errorDetail":"{}"}}}}"#,
        "证".repeat(101),
        "𠀀".repeat(256)
    ));
    assert_eq!(read.message, "证".repeat(100));
    assert_eq!(read.detail, "𠀀".repeat(255));
}

#[test]
fn control_characters_in_a_text_become_spaces() {
    let read =
        rejection(r#"{"msgResponse":{"responseCode":"70","responseMsg":"a\u0000b\u001b[31m\nc"}}"#);
    assert_eq!(read.message, "a b [31m c");
}
