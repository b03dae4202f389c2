//! Bad input gets a clear error with the field's path, and costs no memory.

use idphoto::pb::{Consent, Customer, Merchant, VerifyIdPhotoRequest};
use tokio::task::JoinSet;
use tonic::Code;

use crate::data;
use crate::process::Gateway;
use crate::requests::{expected, fields, request, row};

/// All good but what `spoil` does.
fn spoiled(spoil: impl FnOnce(&mut VerifyIdPhotoRequest)) -> VerifyIdPhotoRequest {
    let mut request = request("test");
    request.merchant = Some(Merchant {
        id: "1".to_owned(),
        name: "shop".to_owned(),
        category_code: "6011".to_owned(),
    });
    spoil(&mut request);
    request
}

/// A way to reach each text of a request.
type Text = (&'static str, fn(&mut VerifyIdPhotoRequest) -> &mut String);

fn customer(request: &mut VerifyIdPhotoRequest) -> &mut Customer {
    request.customer.get_or_insert_default()
}

fn consent(request: &mut VerifyIdPhotoRequest) -> &mut Consent {
    request.consent.get_or_insert_default()
}

fn merchant(request: &mut VerifyIdPhotoRequest) -> &mut Merchant {
    request.merchant.get_or_insert_default()
}

const TEXTS: [Text; 10] = [
    ("order_id", |r| &mut r.order_id),
    ("customer.name", |r| &mut customer(r).name),
    ("customer.id_number", |r| &mut customer(r).id_number),
    ("consent.usage_scenario", |r| &mut consent(r).usage_scenario),
    ("consent.purpose", |r| &mut consent(r).purpose),
    ("consent.agreement_version", |r| {
        &mut consent(r).agreement_version
    }),
    ("consent.agreement_serial", |r| {
        &mut consent(r).agreement_serial
    }),
    ("merchant.id", |r| &mut merchant(r).id),
    ("merchant.name", |r| &mut merchant(r).name),
    ("merchant.category_code", |r| &mut merchant(r).category_code),
];

#[tokio::test]
async fn each_field_empty_too_long_or_in_a_wrong_alphabet_is_named() {
    let gateway = Gateway::start(&[]);
    let wrong = [String::new(), "7".repeat(129), "tab\there\u{7}".repeat(3)];
    for (path, text) in TEXTS {
        for value in &wrong {
            let request = spoiled(|request| text(request).clone_from(value));
            let status = gateway.client().verify_id_photo(request).await.unwrap_err();
            assert_eq!(
                row(&status),
                expected(
                    Code::InvalidArgument,
                    "INVALID_FIELD",
                    "NOT_SENT",
                    "FIX_REQUEST"
                )
            );
            assert_eq!(fields(&status), [path]);
        }
    }
}

#[tokio::test]
async fn an_empty_request_names_every_field_at_once() {
    let gateway = Gateway::start(&[]);
    let status = gateway
        .client()
        .verify_id_photo(VerifyIdPhotoRequest::default())
        .await
        .unwrap_err();
    let mut all: Vec<_> = TEXTS[..7].iter().map(|(path, _)| *path).collect();
    all.insert(3, "photo");
    assert_eq!(fields(&status), all);
}

#[tokio::test]
async fn bad_photos_and_huge_messages_leave_the_server_alive_and_its_memory_flat() {
    let gateway = Gateway::start(&[]);
    gateway
        .client()
        .verify_id_photo(request("test"))
        .await
        .unwrap();
    let photos = [
        Vec::new(),
        data::read("photos/bad-png-signature-only.png"),
        data::read("photos/bad-bomb-30000x30000.png"),
        data::read("photos/phone-16mp.jpg"),
    ];
    let before = gateway.process.peak_memory();
    let mut calls = JoinSet::new();
    for round in 0..100 {
        let mut client = gateway.client();
        let photo = photos[round % photos.len()].clone();
        calls.spawn(async move {
            let request = spoiled(|request| request.photo = photo.into());
            let status = client.verify_id_photo(request).await.unwrap_err();
            assert_eq!(fields(&status), ["photo"]);
        });
    }
    calls.join_all().await;
    for _ in 0..20 {
        let request = spoiled(|request| request.photo = vec![0; 2 << 20].into());
        let status = gateway.client().verify_id_photo(request).await.unwrap_err();
        assert_eq!(
            row(&status),
            expected(
                Code::InvalidArgument,
                "REQUEST_TOO_LARGE",
                "NOT_SENT",
                "FIX_REQUEST"
            )
        );
    }
    let grown = gateway.process.peak_memory() - before;
    assert!(grown < 128 * 1024, "{grown} KiB");
    gateway
        .client()
        .verify_id_photo(request("test"))
        .await
        .unwrap();
}
