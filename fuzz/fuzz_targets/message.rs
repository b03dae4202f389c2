//! Bytes of a `VerifyIdPhotoRequest`, under the strictest and the laxest settings.

#![no_main]

use idphoto::domain::{
    ConsentDraft, Draft, MerchantDraft, Rules, Secret, Verification, Violations,
};
use idphoto::pb::VerifyIdPhotoRequest;
use idphoto::rpc::fuzzing::draft;
use idphoto_fuzz::{assert_silent, lax, marked, now, strict};
use libfuzzer_sys::fuzz_target;
use prost::Message as _;

fn check(request: VerifyIdPhotoRequest, rules: &Rules) -> Result<Verification, Violations> {
    Verification::check(draft(request), None, rules, now())
}

/// What was accepted, as a caller would send it again.
fn again(accepted: &Verification) -> Draft {
    let (consent, merchant) = (&accepted.consent, accepted.merchant.as_ref());
    Draft {
        order_id: accepted.order_id.to_string(),
        name: Secret::new(accepted.person.name.expose().to_owned()),
        id_number: Secret::new(accepted.person.id_number.expose().to_owned()),
        photo: accepted.photo.bytes().to_vec().into(),
        consent: ConsentDraft {
            usage_scenario: consent.usage_scenario().to_owned(),
            purpose: consent.purpose().to_owned(),
            agreement_version: consent.agreement_version().to_owned(),
            agreement_serial: consent.agreement_serial().to_owned(),
        },
        merchant: merchant.map(|merchant| MerchantDraft {
            id: merchant.id().to_owned(),
            name: merchant.name().to_owned(),
            category_code: merchant.category_code().to_owned(),
        }),
    }
}

fn assert_same(one: &Verification, other: &Verification) {
    assert_eq!(one.order_id, other.order_id);
    assert_eq!(one.person.name.expose(), other.person.name.expose());
    assert_eq!(
        one.person.id_number.expose(),
        other.person.id_number.expose()
    );
    assert_eq!(one.photo.bytes(), other.photo.bytes());
    assert_eq!(one.consent, other.consent);
    assert_eq!(one.merchant, other.merchant);
}

/// The values that are not normalised are those that came.
fn assert_kept(accepted: &Verification, request: &VerifyIdPhotoRequest) {
    assert_eq!(accepted.order_id.as_str(), request.order_id);
    assert_eq!(accepted.photo.bytes(), request.photo);
    let consent = request.consent.as_ref().expect("a consent out of nothing");
    assert_eq!(accepted.consent.usage_scenario(), consent.usage_scenario);
    assert_eq!(accepted.consent.purpose(), consent.purpose);
    assert_eq!(
        accepted.consent.agreement_version(),
        consent.agreement_version
    );
    let serial = accepted.consent.agreement_serial();
    let zeros = serial.strip_suffix(&consent.agreement_serial);
    assert!(zeros.is_some_and(|zeros| zeros.bytes().all(|zero| zero == b'0')));
    let merchant = accepted.merchant.as_ref();
    assert_eq!(merchant.is_some(), request.merchant.is_some());
    for (text, most) in [
        (accepted.person.name.expose(), 66),
        (accepted.person.id_number.expose(), 20),
    ] {
        assert!((1..=most).contains(&text.chars().count()));
        assert_eq!(text.trim(), text);
    }
}

/// Every text with the canary in it.
fn with_canary(mut request: VerifyIdPhotoRequest) -> VerifyIdPhotoRequest {
    let at = u8::try_from(request.encoded_len() % 20).unwrap();
    let mark = |text: &mut String| *text = marked(text, at);
    mark(&mut request.order_id);
    let customer = request.customer.get_or_insert_default();
    mark(&mut customer.name);
    mark(&mut customer.id_number);
    let consent = request.consent.get_or_insert_default();
    mark(&mut consent.usage_scenario);
    mark(&mut consent.purpose);
    mark(&mut consent.agreement_version);
    mark(&mut consent.agreement_serial);
    if let Some(merchant) = &mut request.merchant {
        mark(&mut merchant.id);
        mark(&mut merchant.name);
        mark(&mut merchant.category_code);
    }
    request
}

fuzz_target!(|data: &[u8]| {
    let Ok(request) = VerifyIdPhotoRequest::decode(data) else {
        return;
    };
    let encoded = request.encode_to_vec();
    assert_eq!(
        VerifyIdPhotoRequest::decode(&*encoded).as_ref(),
        Ok(&request)
    );

    let lenient = check(request.clone(), &lax());
    if let Ok(strictly) = check(request.clone(), &strict()) {
        assert_kept(&strictly, &request);
        let leniently = lenient.as_ref().ok().expect("lenient rules are stricter");
        assert_same(&strictly, leniently);
    }
    if let Ok(accepted) = &lenient {
        assert_kept(accepted, &request);
        let once_more = Verification::check(again(accepted), None, &lax(), now());
        assert_same(
            accepted,
            once_more
                .as_ref()
                .ok()
                .expect("normalised, and then refused"),
        );
    }
    if let Err(violations) = check(with_canary(request), &strict()) {
        assert_silent(&format!("{violations} {violations:?}"));
    }
});
