//! A participant on the crate's own codec.

use idphoto::domain::{ConsentDraft, Draft, Rules, Secret, Verification};
use idphoto::sandbox::kit::{APP_ID, Kit, MEMBER_IIN, MEMBER_NAME, REQUEST_PATH};
use idphoto::upi::gateway::Keys;
use idphoto::upi::jwe::Sealer;
use idphoto::upi::jws::Claims;
use serde_json::json;
use time::OffsetDateTime;

use crate::data;

pub const UUID: &str = "5ba10d46d5d148dfbcc2119c08e01015";

const CUSTOMER: &str = r#"{"customerNm":"李雷","certifID":"11010519491231002X"}"#;

/// Holds the keys of a participant.
pub struct Participant {
    pub keys: Keys,
}

impl Participant {
    pub fn new(kit: &Kit) -> Self {
        Self {
            keys: kit.participant().unwrap(),
        }
    }

    /// A good body.
    pub fn body(&self, order_id: &str, scenario: &str) -> Vec<u8> {
        let (kid, key) = &self.keys.encryption;
        let sealer = Sealer::new(kid, key).unwrap();
        let enc_data = sealer.seal(CUSTOMER.as_bytes()).unwrap();
        let photo = data::read("photos/face-256.jpg");
        let body = json!({
            "memberIIN": MEMBER_IIN,
            "memberName": MEMBER_NAME,
            "tradeType": "ID0203",
            "encData": enc_data,
            "photo": base64_simd::STANDARD.encode_to_string(photo),
            "orderID": order_id,
            "scUsageScenarios": scenario,
            "scUsePurpose": "test",
            "protocolVerNm": "terms 1",
            "serialNm": "20260101000001",
        });
        serde_json::to_vec(&body).unwrap()
    }

    /// The UPI-JWS of a body, made just now.
    pub fn sign(&self, body: &[u8]) -> String {
        let claims = Claims {
            upi_uuid: UUID,
            timestamp: OffsetDateTime::now_utc().unix_timestamp(),
            app_id: APP_ID,
            request_path: Some(REQUEST_PATH),
        };
        let (kid, key) = &self.keys.signing;
        key.signer(kid).unwrap().sign(&claims, body).unwrap()
    }

    /// A good POST.
    pub fn request(&self, url: &str, order_id: &str, scenario: &str) -> reqwest::Request {
        let body = self.body(order_id, scenario);
        reqwest::Client::new()
            .post(url)
            .header("Content-Type", "application/json;charset=UTF-8")
            .header("UPI-JWS", self.sign(&body))
            .body(body)
            .build()
            .unwrap()
    }
}

/// A checked request for the gateway.
pub fn verification(order_id: &str, scenario: &str) -> Verification {
    let draft = Draft {
        order_id: order_id.to_owned(),
        name: Secret::new("李雷".to_owned()),
        id_number: Secret::new("11010519491231002X".to_owned()),
        photo: data::read("photos/face-256.jpg").into(),
        consent: ConsentDraft {
            usage_scenario: scenario.to_owned(),
            purpose: "test".to_owned(),
            agreement_version: "terms 1".to_owned(),
            agreement_serial: "20260101000001".to_owned(),
        },
        merchant: None,
    };
    let now = OffsetDateTime::now_utc();
    Verification::check(draft, None, &Rules::default(), now).unwrap_or_else(|v| panic!("{v}"))
}
