//! What stands in for UPI's facts with `serve --sandbox`, where nobody has them yet. None of
//! these is a default of a gateway that talks to UPI.

pub use crate::sandbox::kit::{APP_ID, MEMBER_IIN, MEMBER_NAME, REQUEST_PATH};

pub const BASE_URL: &str = "http://127.0.0.1:0";
