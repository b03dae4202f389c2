//! One attack on a good request for each row of UPI's field table.

use serde_json::{Value, json};

use super::Examiner;
use crate::domain::{FreeText, Rules, sample};
use crate::sandbox::members::Members;
use crate::sandbox::participant::{self, KIT, Object, bytes, customer, request, seal};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::score::score;
use crate::upi::gateway::PhotoPlacement;

mod photo;
mod token;

fn examiner(placement: PhotoPlacement, rules: Rules) -> Examiner {
    Examiner::new(&KIT.upi().unwrap().encryption, placement, rules).unwrap()
}

fn examine_bytes(json: &[u8]) -> Result<super::Accepted, Refusal> {
    let examiner = examiner(PhotoPlacement::Beside, Rules::default());
    examiner.examine(&Members::read(json).ok_or(Refusal::NotAnObject)?)
}

/// The `errorDetail` of a request that was spoiled.
fn detail(spoil: impl FnOnce(&mut Object)) -> String {
    let mut request = request();
    spoil(&mut request);
    examine_bytes(&bytes(&request)).unwrap_err().to_string()
}

fn with(member: &str, value: impl Into<Value>) -> String {
    detail(|request| {
        request.insert(member.to_owned(), value.into());
    })
}

fn with_customer(spoil: impl FnOnce(&mut Object)) -> String {
    let mut customer = customer();
    spoil(&mut customer);
    with("encData", seal(&customer))
}

fn merchant(request: &mut Object) {
    for (member, value) in [
        ("merchantID", "M1"),
        ("merchantName", "shop"),
        ("mcc", "6011"),
    ] {
        request.insert(member.to_owned(), value.into());
    }
}

#[test]
fn a_good_request_is_accepted_with_its_computed_score() {
    let accepted = examine_bytes(&bytes(&request())).unwrap();
    assert_eq!(accepted.order_id.as_str(), participant::ORDER_ID);
    assert_eq!(accepted.usage_scenario, "account opening");
    assert_eq!(
        accepted.score,
        score(participant::ID_NUMBER, &sample::png())
    );
}

#[test]
fn a_merchant_is_accepted_whole() {
    let mut request = request();
    merchant(&mut request);
    assert!(examine_bytes(&bytes(&request)).is_ok());
}

#[test]
fn each_mandatory_member_is_missed() {
    let names: Vec<String> = request().keys().cloned().collect();
    assert_eq!(names.len(), 10);
    for name in names {
        let found = detail(|request| {
            request.shift_remove(&name);
        });
        assert_eq!(found, format!("{name}: mandatory, and absent"));
    }
    for name in ["customerNm", "certifID"] {
        let found = with_customer(|customer| {
            customer.shift_remove(name);
        });
        assert_eq!(found, format!("{name}: mandatory, and absent"));
    }
}

#[test]
fn only_strings_are_admitted() {
    for name in request().keys() {
        for value in [json!(12), json!(null), json!(["a"]), json!({}), json!(true)] {
            assert_eq!(with(name, value), format!("{name}: not a JSON string"));
        }
    }
    let found = detail(|request| {
        merchant(request);
        request.insert("mcc".to_owned(), json!(6011));
    });
    assert_eq!(found, "mcc: not a JSON string");
    let found = with_customer(|customer| {
        customer.insert("certifID".to_owned(), json!(1));
    });
    assert_eq!(found, "certifID: not a JSON string");
}

#[test]
fn lengths_are_counted_in_characters_at_both_ends() {
    for (name, least, most) in [
        ("memberIIN", 8, 8),
        ("memberName", 1, 40),
        ("tradeType", 6, 6),
        ("orderID", 35, 35),
        ("scUsageScenarios", 2, 40),
        ("scUsePurpose", 2, 128),
        ("protocolVerNm", 2, 128),
        ("serialNm", 14, 64),
    ] {
        let expected = format!("{name}: {least} to {most} characters");
        assert_eq!(with(name, "7".repeat(least - 1)), expected);
        assert_eq!(with(name, "7".repeat(most + 1)), expected);
        if name != "tradeType" {
            for length in [least, most] {
                let mut good = request();
                good.insert(name.to_owned(), "7".repeat(length).into());
                assert!(examine_bytes(&bytes(&good)).is_ok(), "{name} {length}");
            }
        }
    }
}

#[test]
fn the_lengths_of_merchant_and_customer_are_checked() {
    for (name, least, most) in [
        ("merchantID", 1, 15),
        ("merchantName", 1, 25),
        ("mcc", 4, 4),
    ] {
        for length in [least - 1, most + 1] {
            let found = detail(|request| {
                merchant(request);
                request.insert(name.to_owned(), "7".repeat(length).into());
            });
            assert_eq!(found, format!("{name}: {least} to {most} characters"));
        }
    }
    for (name, most) in [("customerNm", 66), ("certifID", 20)] {
        for length in [0, most + 1] {
            let found = with_customer(|customer| {
                customer.insert(name.to_owned(), "7".repeat(length).into());
            });
            assert_eq!(found, format!("{name}: 1 to {most} characters"));
        }
    }
}

#[test]
fn a_name_of_66_chinese_characters_is_not_too_long() {
    let mut long = customer();
    long.insert("customerNm".to_owned(), "李".repeat(66).into());
    let mut good = request();
    good.insert("encData".to_owned(), seal(&long).into());
    assert!(examine_bytes(&bytes(&good)).is_ok());
}

#[test]
fn alphabets_are_those_of_the_table() {
    for (name, value, kind) in [
        ("memberIIN", "0000000-", "letters and digits"),
        ("memberName", "示例银行", "printable ASCII"),
        ("memberName", "a\tb", "printable ASCII"),
        ("scUsageScenarios", "开户", "printable ASCII"),
        ("scUsePurpose", "a\u{7f}", "printable ASCII"),
        ("protocolVerNm", "协议", "printable ASCII"),
        ("serialNm", "2026010100000-", "letters and digits"),
        (
            "orderID",
            "ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ",
            "printable ASCII",
        ),
    ] {
        assert_eq!(with(name, value), format!("{name}: {kind} only"));
    }
    let found = detail(|request| {
        merchant(request);
        request.insert("mcc".to_owned(), "60 1".into());
    });
    assert_eq!(found, "mcc: digits only");
    let found = with_customer(|customer| {
        customer.insert("certifID".to_owned(), "１１".into());
    });
    assert_eq!(found, "certifID: printable ASCII only");
}

#[test]
fn chinese_free_text_is_admitted_when_the_setting_says_so() {
    let rules = Rules {
        free_text: FreeText::Unicode,
        ..Rules::default()
    };
    let examiner = examiner(PhotoPlacement::Beside, rules);
    let mut request = request();
    request.insert("scUsePurpose".to_owned(), "身份核验".into());
    let examined = |request: &Object| examiner.examine(&Members::read(&bytes(request)).unwrap());
    assert!(examined(&request).is_ok());
    request.insert("scUsePurpose".to_owned(), "身份\u{7}核验".into());
    let refusal = examined(&request).unwrap_err().to_string();
    assert_eq!(
        refusal,
        "scUsePurpose: text without control characters only"
    );
}

#[test]
fn the_trade_type_is_the_one_of_this_service() {
    assert_eq!(with("tradeType", "ID0204"), "tradeType: ID0203");
    assert_eq!(with("tradeType", "id0203"), "tradeType: ID0203");
}

#[test]
fn a_part_of_a_merchant_is_refused() {
    for absent in ["merchantID", "merchantName", "mcc"] {
        let found = detail(|request| {
            merchant(request);
            request.shift_remove(absent);
        });
        assert_eq!(found, "merchantID, merchantName, mcc: all three or none");
    }
}

#[test]
fn a_member_that_upi_does_not_know_is_refused_by_name() {
    assert_eq!(
        with("scUsagePurpose", "x"),
        "scUsagePurpose: unknown member"
    );
    let found = with_customer(|customer| {
        customer.insert("certifType".to_owned(), "01".into());
    });
    assert_eq!(found, "certifType: unknown member");
}

#[test]
fn what_cannot_be_the_name_of_a_member_is_not_echoed() {
    for name in ["11010519491231002X", "李雷", &"a".repeat(41)] {
        assert_eq!(with(name, "x"), "(unreadable): unknown member");
    }
}

#[test]
fn a_member_given_twice_is_refused() {
    let json = String::from_utf8(bytes(&request())).unwrap();
    let twice = json.replacen('{', r#"{"tradeType":"ID0203","#, 1);
    let refusal = examine_bytes(twice.as_bytes()).unwrap_err();
    assert_eq!(refusal.to_string(), "tradeType: given twice");
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    for body in ["", "[]", "\"a\"", "{", "{} {}", "{\"a\":1,}", "null"] {
        assert_eq!(
            examine_bytes(body.as_bytes()),
            Err(Refusal::NotAnObject),
            "{body}"
        );
    }
    let latin1 = b"{\"memberName\":\"\xc4\"}";
    assert_eq!(examine_bytes(latin1), Err(Refusal::NotAnObject));
}
