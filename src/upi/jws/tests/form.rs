//! How the value is written.

use super::*;

#[test]
fn a_member_that_comes_twice_is_refused() {
    for member in [
        r#""alg":"RS256""#,
        r#""kid":"gw.1""#,
        r#""UPI-APPID":"00520446""#,
        r#""x":1,"x":1"#,
        // The same name in other letters of JSON.
        r#""\u0061lg":"RS256""#,
    ] {
        let verdict = verify(&signed(GOOD.replacen('{', &format!("{{{member},"), 1)));
        assert_eq!(verdict, Err(JwsError::DuplicateMember), "{member}");
    }
}

#[test]
fn the_value_has_three_parts_and_an_empty_middle() {
    let good = good();
    let (header, signature) = good.split_once("..").unwrap();
    let payload = BASE64URL.encode_to_string(BODY);
    for (jws, error) in [
        (String::new(), JwsError::NotThreeParts),
        (header.to_owned(), JwsError::NotThreeParts),
        (format!("{header}.{signature}"), JwsError::NotThreeParts),
        (format!("{good}."), JwsError::NotThreeParts),
        (format!("{header}...{signature}"), JwsError::NotThreeParts),
        (
            format!("{header}.{payload}.{signature}"),
            JwsError::PayloadAttached,
        ),
        (format!("..{signature}"), JwsError::HeaderNotJsonObject),
        (format!("{header}.."), JwsError::Signature),
        ("..".to_owned(), JwsError::HeaderNotJsonObject),
    ] {
        assert_eq!(verify(&jws), Err(error), "{jws}");
    }
}

#[test]
fn base64url_is_taken_strictly() {
    let good = good();
    let (header, signature) = good.split_once("..").unwrap();
    for (header, signature, error) in [
        (
            format!("{header}="),
            signature.into(),
            JwsError::HeaderEncoding,
        ),
        (
            format!("{header}\n"),
            signature.into(),
            JwsError::HeaderEncoding,
        ),
        (
            format!("{header}é"),
            signature.into(),
            JwsError::HeaderEncoding,
        ),
        (
            header.into(),
            format!("{signature}=="),
            JwsError::SignatureEncoding,
        ),
        (
            header.into(),
            format!(" {signature}"),
            JwsError::SignatureEncoding,
        ),
        (
            header.into(),
            format!("{signature}+/"),
            JwsError::SignatureEncoding,
        ),
    ] {
        let jws = format!("{header}..{signature}");
        assert_eq!(verify(&jws), Err(error), "{jws}");
    }
    assert!(
        verify(&format!(" \t{good} ")).is_ok(),
        "the HTTP header's white space"
    );
}

#[test]
fn a_header_is_a_json_object_in_utf8() {
    for header in [
        "",
        "{",
        "null",
        r#""RS256""#,
        r#"["RS256"]"#,
        "{'alg':'RS256'}",
        r#"{"alg":"RS256",}"#,
        "\u{feff}{}",
    ] {
        let verdict = verify(&signed(header));
        assert_eq!(verdict, Err(JwsError::HeaderNotJsonObject), "{header}");
    }
    let trailing = signed(format!("{GOOD}{GOOD}"));
    assert_eq!(verify(&trailing), Err(JwsError::HeaderNotJsonObject));
    let not_utf8 = [GOOD.trim_end_matches('}').as_bytes(), b",\"x\":\"\xff\"}"].concat();
    assert_eq!(verify(&signed(not_utf8)), Err(JwsError::HeaderNotUtf8));
}

#[test]
fn deep_nesting_ends_in_an_error() {
    let deep = format!("{}{}", r#"{"a":"#.repeat(400), "}".repeat(400));
    assert_eq!(verify(&signed(deep)), Err(JwsError::HeaderNotJsonObject));
    let deep = format!(r#"{{"x":{}{},"#, "[".repeat(1000), "]".repeat(1000));
    let header = GOOD.replacen('{', &deep, 1);
    assert_eq!(verify(&signed(header)), Err(JwsError::HeaderNotJsonObject));
}

#[test]
fn an_oversized_value_is_refused() {
    for length in [4096, 100_000] {
        let padded = format!(r#"{{"x":"{}","#, "x".repeat(length));
        let header = GOOD.replacen('{', &padded, 1);
        assert_eq!(verify(&signed(header)), Err(JwsError::TooLong));
    }
    let flood = format!("{}{}", good(), "A".repeat(10_000_000));
    assert_eq!(verify(&flood), Err(JwsError::TooLong));
}
