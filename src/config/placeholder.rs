//! What stands in for UPI's facts with `serve --sandbox`, where nobody has them yet. None of
//! these is a default of a gateway that talks to UPI.

pub const BASE_URL: &str = "http://127.0.0.1:0";
pub const REQUEST_PATH: &str = "/uais/sandbox/v1/id-photo";
pub const APP_ID: &str = "SANDBOX1";
pub const MEMBER_IIN: &str = "00000000";
pub const MEMBER_NAME: &str = "Sandbox Member";
