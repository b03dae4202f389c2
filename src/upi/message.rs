//! The JSON bodies of the call, to UPI and back, by the table of "ID Card Photo
//! Verification".

mod json;
mod reading;
pub mod request;
pub mod response;

/// Names of members, as the table's column "Identifier" has them.
pub mod identifier {
    /// The member's IIN: AN 8.
    pub const MEMBER_IIN: &str = "memberIIN";
    /// The member's name: ANS 1-40.
    pub const MEMBER_NAME: &str = "memberName";
    /// The merchant's id: ANS 1-15.
    pub const MERCHANT_ID: &str = "merchantID";
    /// The merchant's name: ANS 1-25.
    pub const MERCHANT_NAME: &str = "merchantName";
    /// The merchant's category code: N 4.
    pub const MCC: &str = "mcc";
    /// The trade type: [`TRADE_TYPE_VALUE`](super::request::TRADE_TYPE_VALUE).
    pub const TRADE_TYPE: &str = "tradeType";
    /// The encrypted object: JWE, compact serialisation.
    pub const ENC_DATA: &str = "encData";
    /// The customer's name, encrypted: S 1-66.
    pub const CUSTOMER_NM: &str = "customerNm";
    /// The customer's identity number, encrypted: ANS 1-20.
    pub const CERTIF_ID: &str = "certifID";
    /// The photo in base64: S 1-204800.
    pub const PHOTO: &str = "photo";
    /// The order id: ANS 35.
    pub const ORDER_ID: &str = "orderID";
    /// The usage scenario: ANS 2-40.
    pub const SC_USAGE_SCENARIOS: &str = "scUsageScenarios";
    /// The purpose: ANS 2-128.
    pub const SC_USE_PURPOSE: &str = "scUsePurpose";
    /// Name and version of the signed agreement: ANS 2-128.
    pub const PROTOCOL_VER_NM: &str = "protocolVerNm";
    /// The agreement's serial number: a 14-64.
    pub const SERIAL_NM: &str = "serialNm";
}
