//! Requests with photos of any size.

use bytes::Bytes;
use idphoto::domain::OrderId;
use idphoto::pb::{Consent, Customer, VerifyIdPhotoRequest};
use time::OffsetDateTime;

/// 204,800 characters of base64.
pub const LARGEST: usize = 153_600;
const END: [u8; 2] = [0xFF, 0xD9];

/// The portrait of the demo, cut short or filled up behind its end marker. Nobody decodes it, and
/// what is encoded, hashed and moved is the same.
#[derive(Clone)]
pub struct Photo(pub Bytes);

impl Photo {
    pub fn largest() -> Self {
        Self::of(LARGEST)
    }

    /// Of so many bytes.
    pub fn of(bytes: usize) -> Self {
        let mut photo = include_bytes!("../../assets/demo/portrait.jpg").to_vec();
        let mut state = 1_u32;
        if bytes < photo.len() {
            photo.truncate(bytes - END.len());
            photo.extend(END);
        }
        while photo.len() < bytes {
            // Numerical Recipes' generator: noise does not compress, like a real photo.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            photo.push(state.to_be_bytes()[0]);
        }
        Self(photo.into())
    }
}

/// A new order.
pub fn request(photo: Bytes) -> VerifyIdPhotoRequest {
    let order_id = OrderId::mint(OffsetDateTime::now_utc()).unwrap();
    VerifyIdPhotoRequest {
        order_id: order_id.to_string(),
        customer: Some(Customer {
            name: "李雷".to_owned(),
            id_number: "11010519491231002X".to_owned(),
        }),
        photo,
        consent: Some(Consent {
            usage_scenario: "sandbox:confidence=97".to_owned(),
            purpose: "benchmark".to_owned(),
            agreement_version: "terms 1".to_owned(),
            agreement_serial: "20260101000001".to_owned(),
        }),
        merchant: None,
        validate_only: false,
    }
}
