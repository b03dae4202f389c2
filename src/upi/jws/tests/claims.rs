//! What the header says: critical names, time, participant, path.

use super::*;

#[test]
fn crit_must_be_a_list_of_distinct_names() {
    const CRIT: &str = r#""crit":["UPI-UUID","UPI-TIMESTAMP","UPI-APPID"],"#;
    for crit in [
        "",
        r#""crit":null,"#,
        r#""crit":[],"#,
        r#""crit":{"UPI-UUID":1},"#,
        r#""crit":"UPI-UUID UPI-TIMESTAMP UPI-APPID","#,
        r#""crit":["UPI-UUID","UPI-TIMESTAMP","UPI-APPID",1],"#,
        r#""crit":["UPI-UUID","UPI-TIMESTAMP","UPI-APPID","UPI-APPID"],"#,
    ] {
        let verdict = verify_changed(CRIT, crit);
        assert_eq!(verdict, Err(JwsError::CriticalForm), "{crit}");
    }
}

#[test]
fn crit_may_name_nothing_unknown() {
    for name in ["b64", "exp", "alg", "upi-reqpath", ""] {
        let changed = format!(r#""UPI-APPID","{name}"],"{name}":"1","#);
        let header = GOOD
            .replace(r#""UPI-APPID"],"#, &changed)
            .replace(r#""alg":"1","#, "");
        let verdict = verify(&signed(header));
        assert_eq!(verdict, Err(JwsError::CriticalUnknown), "{name}");
    }
}

#[test]
fn every_mandatory_claim_must_be_critical() {
    for name in [r#""UPI-UUID","#, r#""UPI-TIMESTAMP","#] {
        let verdict = verify_changed(name, "");
        assert_eq!(verdict, Err(JwsError::CriticalIncomplete), "{name}");
    }
    let verdict = verify_changed(r#","UPI-APPID"]"#, "]");
    assert_eq!(verdict, Err(JwsError::CriticalIncomplete));
}

#[test]
fn every_critical_name_must_be_there() {
    for member in [
        r#""UPI-UUID":"493cba7273a2897b4e3197f259c0c566","#,
        r#""UPI-TIMESTAMP":"1790000000","#,
    ] {
        let verdict = verify_changed(member, "");
        assert_eq!(verdict, Err(JwsError::CriticalAbsent), "{member}");
    }
    let verdict = verify_changed(r#""UPI-APPID"]"#, r#""UPI-APPID","UPI-REQPATH"]"#);
    assert_eq!(verdict, Err(JwsError::CriticalAbsent));
}

#[test]
fn claims_are_strings() {
    for (from, to) in [
        (r#":"1790000000""#, ":1790000000"),
        (r#":"00520446""#, ":null"),
        (r#":"493cba7273a2897b4e3197f259c0c566""#, ":{}"),
    ] {
        assert_eq!(
            verify_changed(from, to),
            Err(JwsError::ClaimNotText),
            "{to}"
        );
    }
}

#[test]
fn the_window_includes_both_its_ends() {
    for (timestamp, verdict) in [
        (NOW - 301, Some(JwsError::TimestampOutsideWindow)),
        (NOW - 300, None),
        (NOW + 300, None),
        (NOW + 301, Some(JwsError::TimestampOutsideWindow)),
        (0, Some(JwsError::TimestampOutsideWindow)),
        (i64::MAX, Some(JwsError::TimestampOutsideWindow)),
    ] {
        let verified = verify_changed("1790000000", &timestamp.to_string());
        assert_eq!(verified.err(), verdict, "{timestamp}");
    }
}

#[test]
fn a_timestamp_has_digits_only() {
    for timestamp in [
        "",
        "-1",
        "+1790000000",
        " 1790000000",
        "1.79e9",
        "0x6AB1",
        "9223372036854775808",
        "１７９０００００００",
    ] {
        let verdict = verify_changed("1790000000", timestamp);
        assert_eq!(verdict, Err(JwsError::TimestampForm), "{timestamp}");
    }
}

#[test]
fn extreme_clocks_do_not_overflow() {
    for now in [i64::MIN, i64::MAX] {
        let expected = Expected { now, ..expected() };
        let verdict = verifier().verify(&good(), BODY, &expected);
        assert_eq!(verdict, Err(JwsError::TimestampOutsideWindow));
    }
}

#[test]
fn an_answer_for_another_participant_is_refused() {
    for app_id in ["00000000", "", "00520446 ", "0052044"] {
        let verdict = verify_changed("00520446", app_id);
        assert_eq!(verdict, Err(JwsError::AppId), "{app_id}");
    }
}

#[test]
fn a_request_path_must_be_ours_also_where_it_is_not_critical() {
    let verify = |path| verify(&signer().sign(&claims(Some(path)), BODY).unwrap());
    assert!(verify(PATH).is_ok());
    assert_eq!(verify("/other"), Err(JwsError::RequestPath));

    let with_path = r#""UPI-APPID":"00520446","UPI-REQPATH":"/other""#;
    let verdict = verify_changed(r#""UPI-APPID":"00520446""#, with_path);
    assert_eq!(verdict, Err(JwsError::RequestPath));
}

#[test]
fn a_request_must_name_its_path_and_make_it_critical() {
    let expected = Expected {
        require_request_path: true,
        ..expected()
    };
    let verify = |jws: &str| verifier().verify(jws, BODY, &expected).map(drop);
    let request = signer().sign(&claims(Some(PATH)), BODY).unwrap();
    assert_eq!(verify(&request), Ok(()));
    assert_eq!(verify(&good()), Err(JwsError::RequestPathMissing));

    let with_path = format!(r#""UPI-APPID":"00520446","UPI-REQPATH":"{PATH}""#);
    let uncritical = signed(GOOD.replace(r#""UPI-APPID":"00520446""#, &with_path));
    assert_eq!(verify(&uncritical), Err(JwsError::RequestPathMissing));
}

#[test]
fn claims_are_judged_only_after_the_signature() {
    let header = BASE64URL.encode_to_string(GOOD.replace("00520446", "00000000"));
    let signature = BASE64URL.encode_to_string([1; 256]);
    assert_eq!(
        verify(&format!("{header}..{signature}")),
        Err(JwsError::Signature)
    );
}
