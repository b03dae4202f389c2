//! `member.*` and `merchant.*`: on whose behalf UPI is asked.

use super::key::{optional, required};
use super::reader::section;

section! {
    /// `member.*`
    MemberConfig, "member", "on whose behalf", "";

    iin: String = required("01234567").in_sandbox("00000000"),
        "The member's IIN at UPI: 8 letters or digits, in quotes (zeros at the front count).";
    name: String = required("Example Bank").in_sandbox("Sandbox Member"),
        "The member's name, 1 to 40 characters.";
}

section! {
    /// `merchant.*`
    MerchantConfig, "merchant", "", "The merchant of requests that name none. All three keys or \
        none; without them such requests are the member's own.";

    id: Option<String> = optional("M00000000000001"),
        "The id of the merchant of requests that name none, 1 to 15 characters.";
    name: Option<String> = optional("Example Shop"),
        "Its name, 1 to 25 characters.";
    category_code: Option<String> = optional("5999"),
        "Its category code (MCC), 4 digits in quotes.";
}
