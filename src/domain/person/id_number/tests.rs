use time::OffsetDateTime;
use time::macros::datetime;

use super::{BIRTH_DATE, CHECK_CHARACTER, FIELD, FORM, IdNumber, REGION};
use crate::domain::rules::{IdNumberRule, Rules};
use crate::domain::secret::Secret;

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
const REQUIRED: &str = "is required";
const LAX: &str = "must be 1 to 20 printable ASCII characters";
const ALL_RULES: [IdNumberRule; 3] = [
    IdNumberRule::Resident,
    IdNumberRule::Any18,
    IdNumberRule::Lax,
];

/// The two numbers that GB 11643 itself gives as examples.
const SAMPLES: [&str; 2] = ["11010519491231002X", "440524188001010014"];

fn parse_at(text: &str, id_number: IdNumberRule, now: OffsetDateTime) -> Result<String, String> {
    let rules = Rules {
        id_number,
        ..Rules::default()
    };
    match IdNumber::parse(&Secret::new(text.to_owned()), &rules, now) {
        Ok(number) => Ok(number.expose().to_owned()),
        Err(violation) => {
            assert_eq!(violation.field, FIELD);
            Err(violation.description.into_owned())
        }
    }
}

fn parse(text: &str, rule: IdNumberRule) -> Result<String, String> {
    parse_at(text, rule, NOW)
}

fn resident(text: &str) -> Result<String, String> {
    parse(text, IdNumberRule::Resident)
}

#[track_caller]
fn refused(text: &str, rule: &str) {
    assert_eq!(resident(text).unwrap_err(), rule, "{text}");
}

/// Appends the check character, by the recursion of ISO 7064 and not by weights.
fn complete(seventeen: &str) -> String {
    let sum = seventeen
        .bytes()
        .fold(0, |sum, digit| (sum + u32::from(digit - b'0')) * 2 % 11);
    match (12 - sum) % 11 {
        10 => format!("{seventeen}X"),
        check => format!("{seventeen}{check}"),
    }
}

/// A number without its check character.
fn seventeen(number: &str) -> &str {
    number.split_at(17).0
}

fn born(date: &str) -> String {
    complete(&format!("110105{date}002"))
}

#[test]
fn valid_samples_pass_every_rule() {
    for sample in SAMPLES {
        assert_eq!(complete(seventeen(sample)), sample);
        for rule in ALL_RULES {
            assert_eq!(parse(sample, rule).as_deref(), Ok(sample));
        }
    }
}

#[test]
fn every_other_check_character_is_refused() {
    for sample in SAMPLES {
        for check in "0123456789X".chars().filter(|c| !sample.ends_with(*c)) {
            refused(&format!("{}{check}", seventeen(sample)), CHECK_CHARACTER);
        }
    }
}

#[test]
fn any_two_neighbours_swapped_are_refused() {
    for sample in SAMPLES {
        for position in 0..17 {
            let mut bytes = sample.as_bytes().to_vec();
            bytes.swap(position, position + 1);
            let swapped = String::from_utf8(bytes).unwrap();
            if swapped != sample {
                assert!(resident(&swapped).is_err(), "{swapped}");
            }
        }
    }
}

#[test]
fn form_comes_first() {
    let bad = [
        "1",
        "11010519491231002",
        "11010519491231002XX",
        "1101051949123100X2",
        "X1010519491231002X",
        "11010519491231002Y",
        "110105 19491231002X",
        "1101051949123100２é",
        "１",
        "130503670401001",
    ];
    for text in bad {
        refused(text, FORM);
    }
    refused(&"1".repeat(100_000), FORM);
}

#[test]
fn a_missing_or_blank_number_is_required_under_every_rule() {
    for rule in ALL_RULES {
        for text in ["", "  ", "\u{3000}"] {
            assert_eq!(parse(text, rule).unwrap_err(), REQUIRED);
        }
    }
}

#[test]
fn the_region_is_one_of_the_table() {
    let known = [
        11..=15,
        21..=23,
        31..=37,
        41..=46,
        50..=54,
        61..=65,
        71..=71,
        81..=83,
    ];
    for prefix in 0..=99 {
        let number = complete(&format!("{prefix:02}010519491231002"));
        if known.iter().any(|range| range.contains(&prefix)) {
            assert_eq!(resident(&number), Ok(number));
        } else {
            refused(&number, REGION);
        }
    }
}

#[test]
fn the_birth_date_is_a_real_day() {
    for good in ["19490228", "20000229", "20240229", "19491231"] {
        assert!(resident(&born(good)).is_ok(), "{good}");
    }
    let bad = [
        "19490231", "19490229", "19000229", "19490431", "19491301", "19490001", "19490100",
        "19490132", "00000000",
    ];
    for date in bad {
        refused(&born(date), BIRTH_DATE);
    }
}

#[test]
fn the_birth_date_is_from_1850_to_today() {
    for good in ["18500101", "20260301"] {
        assert!(resident(&born(good)).is_ok(), "{good}");
    }
    for bad in ["18491231", "20260302", "20270101", "99991231"] {
        refused(&born(bad), BIRTH_DATE);
    }
}

#[test]
fn today_is_the_day_in_china() {
    let born_tomorrow = born("20260302");
    for (now, admitted) in [
        (datetime!(2026-03-01 15:59:59 UTC), false),
        (datetime!(2026-03-01 16:00 UTC), true),
        (datetime!(2026-03-01 11:00 -5), true),
    ] {
        let verdict = parse_at(&born_tomorrow, IdNumberRule::Resident, now);
        assert_eq!(verdict.is_ok(), admitted, "{now}");
    }
}

#[test]
fn a_lower_case_x_is_raised() {
    assert_eq!(resident("11010519491231002x").as_deref(), Ok(SAMPLES[0]));
}

#[test]
fn full_width_digits_are_folded_and_white_space_trimmed() {
    let wide = "１１０１０５１９４９１２３１００２ｘ";
    assert_eq!(resident(wide).as_deref(), Ok(SAMPLES[0]));
    let padded = format!("\u{3000} {}\t", SAMPLES[1]);
    assert_eq!(resident(&padded).as_deref(), Ok(SAMPLES[1]));
}

#[test]
fn permanent_residence_cards_need_any18() {
    let card = complete("91115619900101001");
    assert_eq!(parse(&card, IdNumberRule::Any18).as_ref(), Ok(&card));
    refused(&card, REGION);
}

#[test]
fn any18_keeps_every_other_rule() {
    let any18 = |text: &str| parse(text, IdNumberRule::Any18).unwrap_err();
    assert_eq!(any18(&complete("01115619900101001")), REGION);
    assert_eq!(any18(&complete("91115619900231001")), BIRTH_DATE);
    assert_eq!(any18("9111561990010100"), FORM);
    let card = complete("91115619900101001");
    let wrong = if card.ends_with('0') { '1' } else { '0' };
    assert_eq!(
        any18(&format!("{}{wrong}", seventeen(&card))),
        CHECK_CHARACTER
    );
}

#[test]
fn lax_admits_1_to_20_printable_ascii_characters() {
    let lax = |text: &str| parse(text, IdNumberRule::Lax);
    assert_eq!(lax("E-1234/56 x").as_deref(), Ok("E-1234/56 X"));
    assert!(lax("1").is_ok());
    assert!(lax(&"1".repeat(20)).is_ok());
    for bad in ["1".repeat(21), "证1".to_owned(), "1\u{7}1".to_owned()] {
        assert_eq!(lax(&bad).unwrap_err(), LAX, "{bad}");
    }
}
