//! A participant for the tests: its requests are good, until a test spoils them.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::kit::{self, Kit};
use super::{Settings, processor::Processor};
use crate::domain::{Rules, sample};
use crate::upi::gateway::PhotoPlacement;
use crate::upi::jwe::Sealer;
use crate::upi::jws::Claims;
use crate::upi::key::Kid;
use crate::verify::port::Clock;

pub(super) const NOW: i64 = 1_790_000_000;
pub(super) const WINDOW: i64 = 300;
pub(super) const UUID: &str = "5ba10d46d5d148dfbcc2119c08e01015";
pub(super) const ORDER_ID: &str = "20260101000000AAAAAAAAAAAAAAAAAAAAA";
pub(super) const ID_NUMBER: &str = "11010519491231002X";

/// Making keys takes long: all tests share these.
pub(super) static KIT: LazyLock<Kit> = LazyLock::new(|| Kit::generate().unwrap());

pub(super) type Object = Map<String, Value>;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(NOW).unwrap()
    }
}

pub(super) fn settings() -> Settings {
    Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        allow_non_loopback: false,
        app_id: kit::APP_ID.to_owned(),
        request_path: kit::REQUEST_PATH.to_owned(),
        clock_window: Duration::from_secs(WINDOW.unsigned_abs()),
        photo_placement: PhotoPlacement::Beside,
        rules: Rules::default(),
    }
}

pub(super) fn processor() -> Processor {
    Processor::new(settings(), &KIT.upi().unwrap(), Arc::new(Stopped)).unwrap()
}

pub(super) fn photo() -> String {
    base64_simd::STANDARD.encode_to_string(sample::png())
}

pub(super) fn customer() -> Object {
    object(json!({"customerNm": "李雷", "certifID": ID_NUMBER}))
}

pub(super) fn request() -> Object {
    object(json!({
        "memberIIN": kit::MEMBER_IIN,
        "memberName": kit::MEMBER_NAME,
        "tradeType": "ID0203",
        "encData": seal(&customer()),
        "photo": photo(),
        "orderID": ORDER_ID,
        "scUsageScenarios": "account opening",
        "scUsePurpose": "identity check",
        "protocolVerNm": "terms 1.0",
        "serialNm": "20260101000001",
    }))
}

pub(super) fn object(value: Value) -> Object {
    value.as_object().unwrap().clone()
}

pub(super) fn bytes(object: &Object) -> Vec<u8> {
    serde_json::to_vec(object).unwrap()
}

pub(super) fn seal(customer: &Object) -> String {
    let keys = KIT.participant().unwrap();
    let (kid, key) = &keys.encryption;
    let sealer = Sealer::new(kid, key).unwrap();
    sealer.seal(&bytes(customer)).unwrap()
}

pub(super) const fn claims() -> Claims<'static> {
    Claims {
        upi_uuid: UUID,
        timestamp: NOW,
        app_id: kit::APP_ID,
        request_path: Some(kit::REQUEST_PATH),
    }
}

pub(super) fn sign(claims: &Claims<'_>, body: &[u8]) -> String {
    let keys = KIT.participant().unwrap();
    sign_as(keys.signing.0.as_str(), claims, body)
}

/// With the participant's key, under another kid.
pub(super) fn sign_as(kid: &str, claims: &Claims<'_>, body: &[u8]) -> String {
    let keys = KIT.participant().unwrap();
    let signer = keys.signing.1.signer(&Kid::parse(kid).unwrap()).unwrap();
    signer.sign(claims, body).unwrap()
}
