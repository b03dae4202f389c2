use std::sync::LazyLock;

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign;

use super::*;

const NOW: i64 = 1_790_000_000;
const APP_ID: &str = "00520446";
const PATH: &str = "/example/v1/path";
const UUID: &str = "493cba7273a2897b4e3197f259c0c566";
const BODY: &[u8] = br#"{"confidence":"97"}"#;
const GOOD: &str = r#"{"alg":"RS256","kid":"gw.1","crit":["UPI-UUID","UPI-TIMESTAMP","UPI-APPID"],"UPI-UUID":"493cba7273a2897b4e3197f259c0c566","UPI-TIMESTAMP":"1790000000","UPI-APPID":"00520446"}"#;

static GATEWAY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate().unwrap());
static OTHER_GATEWAY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate().unwrap());

fn verifier() -> Verifier {
    let key = |kid, key: &PrivateKey| (Kid::parse(kid).unwrap(), key.public().unwrap());
    Verifier::new(&[key("gw.1", &GATEWAY), key("gw.2", &OTHER_GATEWAY)]).unwrap()
}

fn expected() -> Expected<'static> {
    Expected {
        app_id: APP_ID,
        request_path: PATH,
        require_request_path: false,
        now: NOW,
        window: Duration::from_secs(300),
    }
}

fn claims(request_path: Option<&str>) -> Claims<'_> {
    Claims {
        upi_uuid: UUID,
        timestamp: NOW,
        app_id: APP_ID,
        request_path,
    }
}

fn signer() -> Signer {
    Signer::new(&Kid::parse("gw.1").unwrap(), &GATEWAY).unwrap()
}

fn good() -> String {
    signer().sign(&claims(None), BODY).unwrap()
}

/// A right signature by the gateway's key over whatever header an attack needs.
fn signed(header: impl AsRef<[u8]>) -> String {
    let header = BASE64URL.encode_to_string(header);
    let key = PKey::private_key_from_der(&GATEWAY.pkcs8_der().unwrap()).unwrap();
    let mut signer = sign::Signer::new(MessageDigest::sha256(), &key).unwrap();
    signer.update(&signing_input(&header, BODY)).unwrap();
    let signature = BASE64URL.encode_to_string(signer.sign_to_vec().unwrap());
    format!("{header}..{signature}")
}

fn verify(jws: &str) -> Result<Verified, JwsError> {
    verifier().verify(jws, BODY, &expected())
}

/// What becomes of the good header with one text in it changed, signed rightly.
fn verify_changed(from: &str, to: &str) -> Result<Verified, JwsError> {
    assert!(GOOD.contains(from), "{from}");
    verify(&signed(GOOD.replace(from, to)))
}

#[test]
fn a_good_signature_tells_its_kid_uuid_and_timestamp() {
    let verified = Verified {
        kid: Kid::parse("gw.1").unwrap(),
        upi_uuid: UUID.to_owned(),
        timestamp: NOW,
    };
    assert_eq!(verify(&good()), Ok(verified.clone()));
    assert_eq!(verify(&signed(GOOD)), Ok(verified));
}

#[test]
fn an_answer_has_no_request_path_and_the_order_of_the_kit() {
    let jws = good();
    let header = BASE64URL.decode_to_vec(jws.split('.').next().unwrap());
    assert_eq!(header.unwrap(), GOOD.as_bytes());
}

#[test]
fn claims_with_quotes_stay_one_member() {
    let mut claims = claims(None);
    claims.upi_uuid = r#"","alg":"none"#;
    let jws = signer().sign(&claims, BODY).unwrap();
    assert_eq!(verify(&jws).unwrap().upi_uuid, claims.upi_uuid);
}

#[test]
fn any_changed_byte_of_the_body_is_noticed() {
    let jws = good();
    for at in [0, BODY.len() / 2, BODY.len() - 1] {
        let mut body = BODY.to_vec();
        body[at] ^= 1;
        let verdict = verifier().verify(&jws, &body, &expected());
        assert_eq!(verdict, Err(JwsError::Signature));
    }
    let longer = [BODY, b"\n"].concat();
    let verdict = verifier().verify(&jws, &longer, &expected());
    assert_eq!(verdict, Err(JwsError::Signature));
}

#[test]
fn a_changed_header_is_noticed() {
    let jws = good();
    let signature = jws.split("..").nth(1).unwrap();
    let header = BASE64URL.encode_to_string(GOOD.replace("1790000000", "1790000001"));
    assert_eq!(
        verify(&format!("{header}..{signature}")),
        Err(JwsError::Signature)
    );
}

#[test]
fn the_key_of_another_kid_does_not_count() {
    let swapped = Signer::new(&Kid::parse("gw.2").unwrap(), &GATEWAY).unwrap();
    let jws = swapped.sign(&claims(None), BODY).unwrap();
    assert_eq!(verify(&jws), Err(JwsError::Signature));

    let rotated = Signer::new(&Kid::parse("gw.2").unwrap(), &OTHER_GATEWAY).unwrap();
    let jws = rotated.sign(&claims(None), BODY).unwrap();
    assert_eq!(verify(&jws).unwrap().kid.as_str(), "gw.2");
}

#[test]
fn a_kid_must_be_one_of_ours() {
    for (to, error) in [
        (r#""kid":"gw.3","#, JwsError::KidUnknown),
        (r#""kid":"gw.1 ","#, JwsError::KidUnknown),
        (r#""kid":"","#, JwsError::KidUnknown),
        (r#""kid":["gw.1"],"#, JwsError::KidMissing),
        ("", JwsError::KidMissing),
    ] {
        assert_eq!(verify_changed(r#""kid":"gw.1","#, to), Err(error), "{to}");
    }
}

#[test]
fn only_rs256_is_an_algorithm() {
    for alg in [
        r#""none""#,
        r#""HS256""#,
        r#""RS384""#,
        r#""PS256""#,
        r#""rs256""#,
        r#""""#,
        "null",
    ] {
        let verdict = verify_changed(r#""RS256""#, alg);
        assert_eq!(verdict, Err(JwsError::Algorithm), "{alg}");
    }
    let verdict = verify_changed(r#""alg":"RS256","#, "");
    assert_eq!(verdict, Err(JwsError::Algorithm));
}

#[test]
fn an_hmac_with_the_public_key_as_secret_is_refused() {
    let header = BASE64URL.encode_to_string(GOOD.replace("RS256", "HS256"));
    let public = GATEWAY.public().unwrap();
    for secret in [
        public.to_spki_pem().unwrap().into_bytes(),
        public.spki_der().unwrap(),
    ] {
        let secret = PKey::hmac(&secret).unwrap();
        let mut mac = sign::Signer::new(MessageDigest::sha256(), &secret).unwrap();
        mac.update(&signing_input(&header, BODY)).unwrap();
        let mac = BASE64URL.encode_to_string(mac.sign_to_vec().unwrap());
        assert_eq!(
            verify(&format!("{header}..{mac}")),
            Err(JwsError::Algorithm)
        );
    }
}

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

#[test]
fn a_verifier_needs_keys_with_distinct_kids() {
    let key = || (Kid::parse("gw.1").unwrap(), GATEWAY.public().unwrap());
    assert_eq!(Verifier::new(&[]).map(drop), Err(JwsError::NoKeys));
    let twice = Verifier::new(&[key(), key()]);
    assert_eq!(twice.map(drop), Err(JwsError::KidTwice));
}

#[test]
fn signers_and_verifiers_are_shared_between_threads() {
    const fn shared<T: Send + Sync>() {}
    shared::<Signer>();
    shared::<Verifier>();
}
