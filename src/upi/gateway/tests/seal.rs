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
    let sealed = gateway("http://127.0.0.1").seal(&request).unwrap();
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
