//! Who signed what, by which algorithm.

use super::*;

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
    let unknown = JwsError::KidUnknown(Kid::parse("gw.3").ok());
    assert_eq!(unknown.to_string(), "kid names no configured key: gw.3");
    for (to, error) in [
        (r#""kid":"gw.3","#, unknown),
        (r#""kid":"gw.1 ","#, JwsError::KidUnknown(None)),
        (r#""kid":"","#, JwsError::KidUnknown(None)),
        (r#""kid":["gw.1"],"#, JwsError::KidNotText),
        (r#""kid":1555570302,"#, JwsError::KidNotText),
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
