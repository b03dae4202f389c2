//! What is sealed can be opened by UPI, and by nobody else.

use super::*;

fn expected<'a>() -> Expected<'a> {
    Expected {
        app_id: APP_ID,
        request_path: PATH,
        require_request_path: true,
        now: NOW,
        window: Duration::ZERO,
    }
}

#[test]
fn the_signature_is_over_the_bytes_that_are_sent() {
    let sealed = sealed(&gateway("http://127.0.0.1"));
    let ours = [(kid("ours"), KEYS.ours.public().unwrap())];
    let verifier = Verifier::new(&ours).unwrap();
    let verified = verifier.verify(&sealed.signature, &sealed.body, &expected());
    assert_eq!(verified.unwrap().upi_uuid, sealed.upi_uuid);
    let mut changed = sealed.body.to_vec();
    changed[20] ^= 1;
    assert!(
        verifier
            .verify(&sealed.signature, &changed, &expected())
            .is_err()
    );
}

#[test]
fn name_and_number_are_readable_with_upis_key_only() {
    let request = sample::verification("7");
    let sealed = sealed_by(&gateway("http://127.0.0.1"), &request);
    let body: Value = serde_json::from_slice(&sealed.body).unwrap();
    let opener = Opener::new(&kid("theirs"), &KEYS.upi_encryption).unwrap();
    let plaintext = opener.open(body["encData"].as_str().unwrap()).unwrap();
    let read: Value = serde_json::from_slice(plaintext.expose()).unwrap();
    assert_eq!(read["customerNm"], request.person.name.expose());
    assert_eq!(read["certifID"], request.person.id_number.expose());
    let text = std::str::from_utf8(&sealed.body).unwrap();
    assert!(!text.contains(request.person.name.expose()));
    assert!(!text.contains(request.person.id_number.expose()));
}

/// By whom a request is signed at NOW when another key takes over at this moment.
fn signed_by(not_before: i64) -> String {
    let not_before = OffsetDateTime::from_unix_timestamp(not_before).unwrap();
    let keys = Keys {
        next_signing: Some((not_before, (kid("next"), copy(&KEYS.upi_signing).into()))),
        ..keys()
    };
    let settings = settings("http://127.0.0.1");
    let gateway = UpiGateway::new(settings, &keys, Arc::new(Stopped), Arc::new(Nobody)).unwrap();
    let sealed = sealed(&gateway);
    let both = [
        (kid("ours"), KEYS.ours.public().unwrap()),
        (kid("next"), KEYS.upi_signing.public().unwrap()),
    ];
    let verifier = Verifier::new(&both).unwrap();
    let verified = verifier.verify(&sealed.signature, &sealed.body, &expected());
    assert!(
        verified.is_ok(),
        "the kid of one key stands over the other's signature"
    );
    let header = sealed.signature.split('.').next().unwrap();
    let header = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(header).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[test]
fn the_next_key_signs_from_its_second_on_and_not_before() {
    assert_eq!(signed_by(NOW + 1), "ours");
    assert_eq!(signed_by(NOW), "next");
    assert_eq!(signed_by(NOW - 1), "next");
}

#[test]
fn every_request_has_a_upi_uuid_of_its_own() {
    let gateway = gateway("http://127.0.0.1");
    let (one, other) = (sealed(&gateway), sealed(&gateway));
    assert_ne!(one.upi_uuid, other.upi_uuid);
    for uuid in [one.upi_uuid, other.upi_uuid] {
        assert_eq!(uuid.len(), 32);
        assert!(
            uuid.bytes()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
        );
        assert_eq!(uuid.as_bytes()[12], b'4', "version 4 of RFC 9562");
        assert!(
            b"89ab".contains(&uuid.as_bytes()[16]),
            "variant of RFC 9562"
        );
    }
}
